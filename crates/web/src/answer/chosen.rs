//! What people have chosen for themselves, for the document: [`desk::Preferences`] holds it.

use serde::Deserialize;
use utoipa::ToSchema;

/// A language.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SpokenLanguage {
    Zh,
    En,
}

/// A theme.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ShownTheme {
    Light,
    Dark,
}

/// Language and theme, where chosen: without a language that of the installation or the browser holds, without a theme the machine's.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Preferences, example = json!({ "language": "zh", "theme": "dark" }))]
#[expect(dead_code, reason = "only described")]
pub(crate) struct ChosenPreferences {
    language: Option<SpokenLanguage>,
    theme: Option<ShownTheme>,
}
