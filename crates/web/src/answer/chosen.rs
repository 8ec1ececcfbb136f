//! What people have chosen for themselves, for the document: [`desk::Preferences`] holds it.

use utoipa::ToSchema;

/// A language.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "only described")]
pub(crate) enum SpokenLanguage {
    Zh,
    En,
}

/// A theme.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "only described")]
pub(crate) enum ShownTheme {
    Light,
    Dark,
}

/// Language and theme, where chosen: without a language that of the installation or the browser holds, without a theme the machine's.
#[derive(ToSchema)]
#[schema(as = Preferences, example = json!({ "language": "zh", "theme": "dark" }))]
#[expect(dead_code, reason = "only described")]
pub(crate) struct ChosenPreferences {
    language: Option<SpokenLanguage>,
    theme: Option<ShownTheme>,
}
