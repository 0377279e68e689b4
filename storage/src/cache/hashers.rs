//! Who hashes: blocking threads, as many at a time as there are cores.

use std::sync::Arc;

use tokio::sync::Semaphore;

/// Permits to hash; cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Hashers(Arc<Semaphore>);

impl Hashers {
    /// `count` at a time.
    pub(crate) fn new(count: usize) -> Self {
        Self(Arc::new(Semaphore::new(count.max(1))))
    }

    /// Runs `job` when it is its turn, in the order of asking; `None` when it panicked.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        let _permit = self.0.acquire().await.ok()?;
        tokio::task::spawn_blocking(job).await.ok()
    }
}
