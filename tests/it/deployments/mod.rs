//! Deployments: what pipelines report, what a person records on the host, and what the console saw change itself.

mod recording;
mod reporting;
