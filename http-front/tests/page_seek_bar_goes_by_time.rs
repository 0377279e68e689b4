//! The seek bar draws what is downloaded where it is shown, not where it lies in the file.
#![allow(clippy::unwrap_used, reason = "a test's helpers fail by panicking")]
#![cfg(feature = "lab")]

mod browser;

use browser::Browser;
use fixtures::Result;
use serde_json::{Value, json};

/// Draws pieces of 10 bytes of a file of 80 bytes behind another of 20; gives whether it is whole,
/// and where along the bar, in hundredths, it changes its colour.
fn draw(bits: &str, plan: Value) -> String {
    format!(
        "import('/assets/seekbar.js').then((bar) => {{
            const whole = bar.load('{bits}', 10, {{ offset: 20, length: 80, plan: {plan} }});
            const canvas = document.getElementById('seek-map');
            const filled = (at) => canvas.getContext('2d').getImageData(at * canvas.width / 100, 2, 1, 1).data[3] > 0;
            const edges = [];
            for (let at = 1; at < 100; at += 1) if (filled(at) !== filled(at - 1)) edges.push(at);
            window.drawn = [whole, filled(0), edges];
        }})"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_there_is_drawn_at_its_time() -> Result<()> {
    let (mut browser, _server) = Browser::at_home().await?;
    // The first 40 bytes are a tenth of the film.
    let plan = json!({"duration": 50, "keyframes": [[0, 0], [5, 40], [50, 80]]});
    for (bits, plan, drawn) in [
        // Pieces 2 to 5 of 10.
        ("\\x3c\\x00", &plan, json!([false, true, [10]])),
        ("\\x00\\xc0", &plan, json!([false, false, [55]])),
        ("\\x3c\\x00", &Value::Null, json!([false, true, [50]])),
        ("\\x3f\\xc0", &plan, json!([true, true, []])),
    ] {
        browser.evaluate("window.drawn = null").await;
        browser.evaluate(&draw(bits, plan.clone())).await;
        let found = browser.until_is("window.drawn", |drawn| !drawn.is_null()).await;
        assert_eq!(found, drawn, "{bits} {plan}");
    }
    browser.close().await;
    Ok(())
}
