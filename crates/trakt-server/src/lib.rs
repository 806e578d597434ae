//! The HTTP service: routes, guards, limits, settings, workers, and nothing that decides. The
//! rules are `trakt-core`'s, the SQL `trakt-store`'s, the protocol `trakt-api`'s.

pub mod app;
pub mod auth;
pub mod blocking;
pub mod cli;
pub mod config;
pub mod connection;
pub mod demo;
pub mod doctor;
pub mod guard;
pub mod http;
pub mod jobs;
pub mod limits;
pub mod measure;
pub mod openapi;
pub mod problem;
pub mod readiness;
pub mod routes;
pub mod serve;
pub mod services;
pub mod stop;
pub mod streams;
pub mod systemd;
pub mod telemetry;
pub mod web;
