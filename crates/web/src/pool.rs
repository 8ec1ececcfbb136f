//! Bounded numbers of what takes a thread each: writes block one, reads keep one while a database server answers. Whoever waits too
//! long for his turn is asked to come again.

use crate::problem::{Kind, Problem};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Writes under way at once, which the store commits together; and reads.
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
        let permit = self.turn().await?;
        let task = tokio::task::spawn_blocking(move || {
            let done = work();
            drop(permit);
            done
        });
        task.await.unwrap_or_else(|_| Err(Problem::new(Kind::Internal)))
    }

    /// A turn, until it is dropped. Waiting for one keeps no thread.
    pub(crate) async fn turn(&self) -> Result<OwnedSemaphorePermit, Problem> {
        // Mostly there is one, and nothing has to be timed.
        if let Ok(turn) = Arc::clone(&self.0).try_acquire_owned() {
            return Ok(turn);
        }
        let busy = || Problem::new(Kind::Unavailable);
        let turn = tokio::time::timeout(PATIENCE, Arc::clone(&self.0).acquire_owned()).await;
        turn.map_err(|_| busy())?.map_err(|_| busy())
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

    #[tokio::test]
    async fn a_turn_lasts_until_it_is_dropped() {
        let pool = Pool::of(1);
        let first = pool.turn().await.map_err(|problem| problem.kind()).unwrap();
        let mut second = Box::pin(pool.turn());
        assert!(tokio::time::timeout(Duration::from_millis(20), &mut second).await.is_err());
        drop(first);
        assert!(second.await.is_ok());
    }
}
