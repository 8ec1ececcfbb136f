//! `GET /assets/{version}/{file}`: style and scripts. They are part of the program, their address changes with their content, and
//! browsers keep them for good.

use super::visit::takes_gzip;
use crate::parse;
use crate::problem::{Kind, Problem};
use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use flate2::Compression;
use flate2::write::GzEncoder;
use include_dir::{Dir, include_dir};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io::Write;
use std::sync::LazyLock;

static FOLDER: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/assets");

/// The parts of the style, in the order in which they stand in the one file that browsers load.
const STYLE: [&str; 11] = [
    "base",
    "parts",
    "frame",
    "lists",
    "case",
    "customers",
    "rules",
    "search",
    "numbers",
    "touch",
    "print",
];

/// What this route can answer with.
pub(crate) const MEDIA: &[&str] = &["text/css", "text/javascript", "image/svg+xml"];

struct Assets {
    version: String,
    files: BTreeMap<&'static str, Asset>,
}

/// A file that is part of the program, plain and packed.
struct Asset {
    media: &'static str,
    plain: Bytes,
    packed: Bytes,
}

impl Asset {
    fn new(media: &'static str, plain: Bytes) -> Self {
        let packed = packed(&plain, Compression::best()).into();
        Self { media, plain, packed }
    }

    /// It as an answer that browsers keep for good: its address changes with its content.
    fn answer(&self, headers: &HeaderMap) -> Response {
        let gzip = takes_gzip(headers);
        let body = if gzip { &self.packed } else { &self.plain };
        let mut response = body.clone().into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.media));
        headers.insert(
            header::CACHE_CONTROL,
            HeaderValue::from_static("public, max-age=31536000, immutable"),
        );
        headers.append(header::VARY, HeaderValue::from_static("Accept-Encoding"));
        if gzip {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        response
    }
}

static ASSETS: LazyLock<Assets> = LazyLock::new(|| {
    let mut files = BTreeMap::new();
    files.insert("app.css", Asset::new("text/css; charset=utf-8", style().into()));
    for file in FOLDER.files() {
        let name = file.path().to_str().unwrap_or_default();
        let media = match name.rsplit('.').next() {
            Some("css") => "text/css; charset=utf-8",
            Some("js") => "text/javascript; charset=utf-8",
            Some("svg") => "image/svg+xml",
            _ => continue,
        };
        files.insert(name, Asset::new(media, Bytes::from_static(file.contents())));
    }
    let mut hash = Sha256::new();
    for (name, asset) in &files {
        hash.update(name);
        hash.update(&asset.plain);
    }
    let version = hash.finalize().iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    Assets { version, files }
});

fn style() -> Vec<u8> {
    let part = |name: &&str| FOLDER.get_file(format!("style/{name}.css"));
    STYLE.iter().filter_map(part).flat_map(|file| file.contents()).copied().collect()
}

/// The address of a file. All files share a version, so that scripts find each other by name.
pub(crate) fn asset(name: &str) -> String {
    format!("/assets/{}/{name}", ASSETS.version)
}

/// Bytes packed as gzip.
pub(crate) fn packed(bytes: &[u8], level: Compression) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), level);
    // Writing into memory does not fail.
    encoder.write_all(bytes).and_then(|()| encoder.finish()).unwrap_or_default()
}

pub(crate) async fn handler(
    parse::Named((version, name)): parse::Named<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let asset = ASSETS.files.get(name.as_str()).filter(|_| version == ASSETS.version);
    Ok(asset.ok_or_else(|| Problem::new(Kind::NotFound))?.answer(&headers))
}

/// What a first page loads beside itself, packed, in bytes.
#[cfg(test)]
pub(crate) fn weight() -> usize {
    ASSETS.files.values().map(|asset| asset.packed.len()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::path::PathBuf;

    #[test]
    fn everything_a_page_loads_is_small() {
        assert!(ASSETS.files.contains_key("app.css") && ASSETS.files.contains_key("main.js"));
        assert!(weight() < 60 * 1024, "{} bytes", weight());
    }

    #[test]
    fn every_part_of_the_style_is_loaded_once() {
        let there: BTreeSet<_> =
            FOLDER.get_dir("style").unwrap().files().map(|file| file.path()).collect();
        let named = STYLE.map(|name| PathBuf::from(format!("style/{name}.css")));
        assert_eq!(there, named.iter().map(PathBuf::as_path).collect());
        let text = std::str::from_utf8(&ASSETS.files["app.css"].plain).unwrap();
        assert_eq!(text.matches('{').count(), text.matches('}').count());
    }

    #[test]
    fn scripts_import_only_each_other() {
        for (name, asset) in &ASSETS.files {
            let text = std::str::from_utf8(&asset.plain).unwrap();
            for rest in text.split("from \"").skip(1).chain(text.split("import \"").skip(1)) {
                let file = rest.split('"').next().unwrap().trim_start_matches("./");
                assert!(ASSETS.files.contains_key(file), "{name} imports {file}");
            }
            assert!(!text.contains("http://") || *name == "icon.svg", "{name} names another host");
        }
    }
}
