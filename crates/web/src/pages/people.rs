//! `GET /admin/people`: who works here; taking people in, and inviting them. The second step of setting up.

pub(crate) mod add;
pub(crate) mod invite;

use crate::app::App;
use crate::pages::document::{Page, text};
use crate::pages::field::{input, wrong};
use crate::parse::NoParams;
use crate::problem::Problem;
use crate::signed::Signed;
use add::Given;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use desk::words;
use engine::key::Key;
use engine::procedure::Label;
use maud::{Markup, html};
use std::collections::BTreeMap;

/// The list and the form.
pub(crate) async fn handler(
    State(app): State<App>,
    signed: Signed,
    _: NoParams,
) -> Result<Response, Problem> {
    page(&app, &signed, &Given::default(), None, None)
}

/// An invitation that was just made: for whom, and the link.
struct Invitation<'a> {
    name: &'a str,
    link: &'a str,
}

fn page(
    app: &App,
    signed: &Signed,
    given: &Given,
    why: Option<&str>,
    invitation: Option<Invitation<'_>>,
) -> Result<Response, Problem> {
    let english = signed.english;
    let (title, desk) = (text("page.people", english), app.desk());
    let (people, library) = (desk.people(), desk.library());
    let mut roles: BTreeMap<&Key, &Label> = BTreeMap::new();
    let mut departments: BTreeMap<&Key, &Label> = BTreeMap::new();
    for procedure in library.all() {
        roles.extend(procedure.roles.iter().map(|role| (&role.key, &role.label)));
        departments.extend(procedure.departments.iter().map(|one| (&one.key, &one.label)));
    }
    let said = |label: &Label| if english { label.en.clone() } else { label.zh.clone() };
    let named = |key: &Key, labels: &BTreeMap<&Key, &Label>| {
        labels.get(key).map_or_else(|| key.to_string(), |label| said(label))
    };
    let mut rows: Vec<Markup> = Vec::new();
    for person in people.people.iter() {
        let held: Vec<String> = person.roles.iter().map(|role| named(role, &roles)).collect();
        let department = person.department.as_ref().map(|key| named(key, &departments));
        let invite = match desk.has_account(&person.id)? {
            true => "page.people.reset",
            false => "page.people.invite",
        };
        rows.push(html! {
            tr {
                td { (person.name) }
                td { (person.id) }
                td { (held.join(if english { ", " } else { "、" })) }
                td { (department.unwrap_or_default()) }
                td {
                    form method="post" action=(format!("/admin/people/{}/invitation", crate::answer::encoded(&person.id))) {
                        input type="hidden" name="csrf" value=(signed.csrf);
                        button { (text(invite, english)) }
                    }
                }
            }
        });
    }
    let heads = ["name", "id", "roles", "department", "entry"];
    let content = html! {
        h1 { (title) }
        @if let Some(Invitation { name, link }) = invitation {
            div role="status" {
                p { (words::text("page.people.invited", english, &[("name", name)])) }
                p { code { (link) } }
            }
        }
        table {
            thead { tr { @for head in heads { th scope="col" { (text(&format!("page.field.{head}"), english)) } } } }
            tbody { @for row in rows { (row) } }
        }
        h2 { (text("page.people.add", english)) }
        (wrong(why))
        form method="post" action="/admin/people" {
            input type="hidden" name="csrf" value=(signed.csrf);
            (input(english, "name", "text", &given.name, "off"))
            (input(english, "id", "text", &given.id, "off"))
            label {
                (text("page.field.department", english))
                select name="department" {
                    option value="" { "—" }
                    @for (key, label) in &departments {
                        option value=(***key) selected[given.department == ***key] { (said(label)) }
                    }
                }
            }
            fieldset {
                legend { (text("page.field.roles", english)) }
                @for (key, label) in &roles {
                    label {
                        input type="checkbox" name=(format!("role.{key}"))
                            checked[given.roles.contains(key)];
                        (said(label))
                    }
                }
            }
            button { (text("page.people.add", english)) }
        }
        p { a href="/admin/procedures" { (text("page.procedures", english)) } }
        p { a href="/" { (text("page.home", english)) } }
    };
    let status = if why.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = Page { title: &title, english, theme: signed.theme, content };
    Ok((status, page).into_response())
}
