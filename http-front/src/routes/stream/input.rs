//! `/internal/{token}` on the listener of [`crate::inputs`]: a file with ranges, read for viewers
//! by ffmpeg, which is none itself.

use std::sync::Arc;

use axum::Router;
use axum::response::Response;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::Wanted;
use super::serve::{Asked, Call, Reader};
use crate::FrontError;
use crate::app::App;
use crate::routes::Shared;
use crate::routes::extract::Params;
use crate::server::{Acceptor, Limits};

/// Answers on `listener` as long as the process lives.
pub async fn serve(listener: TcpListener, app: Arc<App>) {
    let router = Router::new()
        .route("/internal/{token}", get(read))
        .fallback(async || FrontError::NotFound)
        .with_state(app);
    Acceptor::new(listener, router, Limits::default()).run(CancellationToken::new()).await;
}

async fn read(
    axum::extract::State(app): Shared,
    Params(token): Params<String>,
    call: Call,
) -> Result<Response, FrontError> {
    let ((hash, index), broken) = app.inputs.find(&token).ok_or(FrontError::NotFound)?;
    let wanted = Wanted { file_index: Some(index), ..Wanted::default() };
    super::by_hash(hash, Asked::new(&app, call, wanted, Reader::Tool(broken))).await
}
