//! The surface: the JSON API, and the server that carries it. Every address stands in `routes.rs`; every failure becomes an
//! answer in `problem.rs`. No rule about cases is made here.

pub mod answer;
mod api;
mod app;
mod bulk;
mod frame;
mod gate;
mod kept;
mod limit;
mod meter;
mod openapi;
mod origin;
mod pages;
mod parse;
mod pool;
mod problem;
mod proofs;
mod routes;
mod rows;
mod schema;
mod serve;
mod signed;
mod stream;
mod webhooks;
mod worker;

pub use app::{App, Config};
pub use gate::Right;
pub use limit::Rate;
pub use openapi::document;
pub use problem::{FieldProblem, Kind, Problem, ProblemBody};
pub use routes::{Line, PAGES, TABLE, router};
pub use serve::{run, serve};
pub use signed::Signed;
pub use webhooks::WebhookProxy;
