//! Metrics: the only place that names the exporter. All crates count by the facade `metrics`; here
//! is what they count ([`TABLE`]), and the text in which it is read (Prometheus' exposition format
//! 0.0.4).

mod gauges;
mod table;
#[cfg(test)]
mod tests;

use metrics::{describe_counter, describe_gauge, describe_histogram, gauge};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use trakt_core::{Clock as _, SystemClock};

pub use self::gauges::Gauges;
pub use self::table::{Kind, Metric, TABLE};

/// The metrics of this process. A clone is the same.
#[derive(Clone)]
pub struct Metrics(PrometheusHandle);

impl Metrics {
    /// Begins to count. Whatever was counted before is lost.
    ///
    /// # Errors
    /// When somebody else counts in this process.
    pub fn start() -> Result<Self, BuildError> {
        let mut builder = PrometheusBuilder::new();
        for metric in TABLE {
            if let Kind::Histogram(buckets) = metric.kind {
                let name = Matcher::Full(metric.name.to_owned());
                builder = builder.set_buckets_for_metric(name, buckets)?;
            }
        }
        let handle = builder.install_recorder()?;
        for metric in TABLE {
            match metric.kind {
                Kind::Counter => describe_counter!(metric.name, metric.help),
                Kind::Gauge => describe_gauge!(metric.name, metric.help),
                Kind::Histogram(_) => describe_histogram!(metric.name, metric.help),
            }
        }
        table::zero();
        gauge!("trakt_database_up").set(0.0);
        // The system knows better where it shows it: systemd's ProcSubset=pid does not.
        let now = SystemClock.now().timestamp_millis();
        gauge!("process_start_time_seconds").set(now as f64 / 1000.0);
        gauge!("trakt_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
        Ok(Self(handle))
    }

    /// All of it as text.
    #[must_use]
    pub fn text(&self) -> String {
        metrics_process::Collector::default().collect();
        self.0.render()
    }

    /// Sorts what was observed into its buckets. Until then each observation is kept, so this must
    /// happen now and then, whether anybody reads the metrics or not.
    pub fn tidy(&self) {
        self.0.run_upkeep();
    }
}
