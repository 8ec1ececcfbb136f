//! `GET /reference/{version}/{file}`: the parts of the viewer, out of its own archive.

use crate::pages::assets::Asset;
use crate::parse;
use crate::problem::{Kind, Problem};
use axum::http::HeaderMap;
use axum::response::Response;
use std::collections::BTreeMap;
use std::io::{Cursor, Read};
use std::sync::LazyLock;
use utoipa_swagger_ui_vendored::SWAGGER_UI_VENDORED as ARCHIVE;

/// What is taken out of the archive, with its media type.
const PARTS: [(&str, &str); 2] = [
    ("swagger-ui.css", "text/css; charset=utf-8"),
    ("swagger-ui-bundle.js", "text/javascript; charset=utf-8"),
];

struct Viewer {
    version: String,
    files: BTreeMap<&'static str, Asset>,
}

/// Unpacked when somebody first looks.
static VIEWER: LazyLock<Viewer> = LazyLock::new(|| unpacked().unwrap_or_else(|_| Viewer::none()));

impl Viewer {
    /// An archive that cannot be read: a test would have found it.
    fn none() -> Self {
        Self { version: "none".to_owned(), files: BTreeMap::new() }
    }
}

fn unpacked() -> zip::result::ZipResult<Viewer> {
    let mut archive = zip::ZipArchive::new(Cursor::new(ARCHIVE))?;
    let first = archive.file_names().next().transpose()?.unwrap_or_default().into_owned();
    let folder = first.split('/').next().unwrap_or_default().to_owned();
    let mut files = BTreeMap::new();
    for (name, media) in PARTS {
        let mut content = Vec::new();
        archive.by_name(&format!("{folder}/dist/{name}"))?.read_to_end(&mut content)?;
        files.insert(name, Asset::new(media, content.into()));
    }
    // The folder is named after the version.
    Ok(Viewer { version: folder, files })
}

/// The address of a part. It changes with the version.
pub(crate) fn address(name: &str) -> String {
    format!("/reference/{}/{name}", VIEWER.version)
}

pub(crate) async fn handler(
    parse::Named((version, name)): parse::Named<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let file = VIEWER.files.get(name.as_str()).filter(|_| version == VIEWER.version);
    Ok(file.ok_or_else(|| Problem::new(Kind::NotFound))?.answer(&headers))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_viewer_is_in_the_program() {
        assert!(VIEWER.version.starts_with("swagger-ui-"));
        for (name, _) in PARTS {
            assert!(VIEWER.files.contains_key(name), "{name}");
        }
    }
}
