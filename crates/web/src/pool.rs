//! Writes block: they run on a bounded number of threads, and whoever waits too long for one is asked to come again.

use crate::problem::{Kind, Problem};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// Writes under way at once; the store commits them together.
const THREADS: usize = 32;
/// How long a request waits for its turn.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Clone)]
pub(crate) struct Pool(Arc<Semaphore>);

impl Default for Pool {
    fn default() -> Self {
        Self::of(THREADS)
    }
}

impl Pool {
    /// One of so many threads.
    pub(crate) fn of(threads: usize) -> Self {
        Self(Arc::new(Semaphore::new(threads)))
    }

    /// Runs something that blocks. It is finished even when the client has gone away.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let busy = || Problem::new(Kind::Unavailable);
        let turn = tokio::time::timeout(PATIENCE, Arc::clone(&self.0).acquire_owned()).await;
        let permit = turn.map_err(|_| busy())?.map_err(|_| busy())?;
        let task = tokio::task::spawn_blocking(move || {
            let done = work();
            drop(permit);
            done
        });
        task.await.unwrap_or_else(|_| Err(Problem::new(Kind::Internal)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_an_internal_problem_and_gives_its_thread_back() {
        let pool = Pool::of(1);
        let failed = pool.run(|| -> Result<(), Problem> { panic!("on purpose") }).await;
        assert_eq!(failed.map_err(|problem| problem.kind()), Err(Kind::Internal));
        assert_eq!(pool.run(|| Ok(1)).await.map_err(|problem| problem.kind()), Ok(1));
    }
}
