//! The program as people run it: the real binary over folders that go away.

mod backup;
mod doctor;
mod export;
mod import;
mod procedure;
mod world;
