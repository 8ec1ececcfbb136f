//! `POST /cases/{number}/here`: somebody has a case open, or is writing; who else has it open is answered.

use crate::app::App;
use crate::pages::form::read;
use crate::pages::visit::Visit;
use crate::pages::words::Lang;
use crate::parse;
use crate::problem::Problem;
use axum::extract::{Request, State};
use axum::response::Response;
use maud::{Markup, html};

pub(crate) async fn handler(
    State(app): State<App>,
    visit: Visit,
    parse::Named(number): parse::Named<String>,
    request: Request,
) -> Result<Response, Problem> {
    let writes = read(&app, request).await?.typed.one("writes") == Some("yes");
    let (desk, caller) = (app.desk().clone(), visit.caller().clone());
    let look = move || {
        let seen = desk.case_for(&caller, &number)?;
        Ok(desk.is_here(&caller, &seen, writes)?)
    };
    let present = app.inner.pool.run(look).await?;
    let people = app.desk().people();
    let named = present.into_iter().map(|one| {
        let name = people
            .person(&one.person)
            .map_or_else(|| one.person.to_string(), |known| known.name.clone());
        (name, one.writes)
    });
    Ok(visit.page(&present_html(visit.lang, &named.collect::<Vec<_>>())))
}

/// Who else is there; the writing ones first.
pub(super) fn present_html(lang: Lang, present: &[(String, bool)]) -> Markup {
    let names = |writes: bool| -> Vec<String> {
        present
            .iter()
            .filter(|(_, writing)| *writing == writes)
            .map(|(name, _)| name.clone())
            .collect()
    };
    let (writing, looking) = (names(true), names(false));
    html! {
        div #present role="status" {
            @if !writing.is_empty() { p.notice.near { (lang.fill("here.writes", &[("names", &lang.listed(&writing))])) } }
            @if !looking.is_empty() { p.quiet { (lang.fill("here.looks", &[("names", &lang.listed(&looking))])) } }
        }
    }
}
