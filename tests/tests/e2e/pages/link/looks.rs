//! The QR code, narrow windows, dark colours, another language.

use rqrr::PreparedImage;

use super::Stage;
use crate::pages::browser::Look;

/// What a telephone reads from the picture of the QR code.
fn scanned(stage: &Stage) -> String {
    let png = stage.browser.picture_of(".qr svg");
    let mut decoder = png::Decoder::new(std::io::Cursor::new(png));
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let frame = reader.next_frame(&mut pixels).unwrap();
    let (width, step) = (frame.width as usize, frame.color_type.samples());
    let grey = |x: usize, y: usize| pixels[(y * width + x) * step];
    let mut picture = PreparedImage::prepare_from_greyscale(width, frame.height as usize, grey);
    let codes = picture.detect_grids();
    assert_eq!(codes.len(), 1, "one QR code");
    codes[0].decode().unwrap().1
}

#[test]
fn the_qr_code_leads_to_the_address() {
    for dark in [false, true] {
        let look = Look {
            dark,
            ..Look::default()
        };
        let Some(stage) = Stage::new(look) else {
            return;
        };
        stage.start();
        let address = stage.browser.value(".address a", "href").unwrap();
        assert_eq!(scanned(&stage), address);
        assert_eq!(address, format!("{}/activate", stage.service.sim.url()));
        let name = stage
            .browser
            .run("return document.querySelector('.qr').ariaLabel");
        assert!(name.as_str().unwrap().contains(&address), "{name}");
        if dark {
            stage.browser.sound();
        }
    }
}

#[test]
fn narrow_dark_and_in_german() {
    let look = Look {
        width: 320,
        dark: true,
        language: "de",
        script: true,
    };
    let Some(stage) = Stage::new(look) else {
        return;
    };
    let browser = &stage.browser;
    assert_eq!(browser.text("h1"), "Konto verknüpfen");
    assert_eq!(browser.text("#link-start"), "Mein Trakt-Konto verknüpfen");
    browser.sound();
    let code = stage.start();
    assert!(
        browser
            .text("#link")
            .contains("Geben Sie dort diesen Code ein")
    );
    browser.wait_text("#link-time", "Verbleibende Zeit: \u{2068}9:");
    // Beside the code nothing has moved to where it cannot be seen.
    assert_eq!(
        scanned(&stage),
        browser.value(".address a", "href").unwrap()
    );
    browser.sound();
    stage.service.sim.deny(&code).unwrap();
    stage.news("Sie haben bei Trakt abgelehnt.");
    browser.sound();
    stage.start();
    stage.approve("sean");
    stage.news("Fertig. Ihr Trakt-Konto ist verknüpft.");
    browser.sound();
}
