//! `/api/settings`.

use axum::Json;
use axum::extract::State;
use serde_json::{Map, Value};

use crate::FrontError;
use crate::error::Envelope;
use crate::routes::Shared;
use crate::routes::extract::JsonBody;
use crate::settings::Settings;

/// The settings in force
#[utoipa::path(get, path = "/api/settings", tag = "system",
    responses((status = 200, body = Settings)))]
pub async fn get(State(app): Shared) -> Json<Settings> {
    Json(app.settings.now().await)
}

/// Change settings
///
/// Some or all of them; they hold at once and after a restart. One that can't be changes nothing.
#[utoipa::path(put, path = "/api/settings", tag = "system", request_body = Settings,
    responses((status = 200, body = Settings), (status = 400, body = Envelope)))]
pub async fn put(
    State(app): Shared,
    JsonBody(changes): JsonBody<Map<String, Value>>,
) -> Result<Json<Settings>, FrontError> {
    // A client that leaves in the middle leaves nothing half done.
    let changing = tokio::spawn(async move { app.settings.change(changes).await });
    changing.await.map_err(|_| FrontError::Internal)?.map(Json)
}
