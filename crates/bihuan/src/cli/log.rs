//! Where the logs go: standard error, as lines or as JSON. Nothing in them is personal: what is logged are routes, kinds,
//! counts and ids. Libraries say only what is wrong, because what else they say is not known to be harmless.

use clap::{Args, ValueEnum};
use std::io::{IsTerminal, stderr};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// The crates of this program.
const OWN: [&str; 6] = ["bihuan", "desk", "documents", "engine", "store", "web"];

/// What is logged, and how.
#[derive(Args)]
pub(crate) struct LogArgs {
    /// Least level that is logged to standard error
    #[arg(long, env = "BIHUAN_LOG", value_enum, default_value_t = Level::Info, value_name = "LEVEL")]
    log: Level,
    /// Form of the log
    #[arg(long, env = "BIHUAN_LOG_FORMAT", value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    log_format: Format,
}

#[derive(Clone, Copy, ValueEnum)]
enum Level {
    Off,
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Text,
    Json,
}

impl LogArgs {
    /// Begins to log. Whoever comes second changes nothing.
    pub(crate) fn begin(&self) {
        let level = match self.log {
            Level::Off => LevelFilter::OFF,
            Level::Error => LevelFilter::ERROR,
            Level::Warn => LevelFilter::WARN,
            Level::Info => LevelFilter::INFO,
            Level::Debug => LevelFilter::DEBUG,
            Level::Trace => LevelFilter::TRACE,
        };
        let targets = Targets::new()
            .with_default(level.min(LevelFilter::WARN))
            .with_targets(OWN.map(|name| (name, level)));
        let layer = fmt::layer().with_writer(stderr);
        let layer = match self.log_format {
            Format::Text => layer.with_ansi(stderr().is_terminal()).boxed(),
            Format::Json => layer.json().flatten_event(true).boxed(),
        };
        // Fails only when somebody logs already.
        let _ = tracing_subscriber::registry().with(layer.with_filter(targets)).try_init();
    }
}
