//! What people can do on a page, programs can do over the API: each address of the console has its own there, or a reason why not.

use desk::KeyScope;
use std::collections::BTreeSet;
use web::{Line, PAGES, Right, TABLE};

/// What stands for an address of the console.
enum Over {
    /// These calls of the API.
    Api(&'static [&'static str]),
    /// None, for this reason.
    Nothing(&'static str),
}

use Over::{Api, Nothing};

const BEFORE: &str = "nobody is anybody yet: a session begins here, programs have keys";
const DRESS: &str = "what pages are dressed with";

const SAME: &[(&str, Over)] = &[
    ("post /account/absence", Api(&["put /api/v1/users/{id}/absence"])),
    (
        "get /admin/log",
        Nothing("people look into it; what a case's reveals were is among its events"),
    ),
    ("get /admin/people/{id}", Api(&["get /api/v1/users/{id}"])),
    ("post /admin/people/{id}", Api(&["put /api/v1/users/{id}", "put /api/v1/teams/{id}"])),
    ("post /admin/people/{id}/absence", Api(&["put /api/v1/users/{id}/absence"])),
    ("get /reference/{operation}", Nothing("shows the document that programs read")),
    ("get /", Api(&["get /api/v1/work"])),
    ("get /work", Api(&["get /api/v1/work"])),
    (
        "get /account",
        Api(&["get /api/v1/me", "get /api/v1/sessions", "post /api/v1/me/second-factor"]),
    ),
    ("post /account/password", Api(&["put /api/v1/me/password"])),
    ("post /account/second-factor", Api(&["post /api/v1/me/second-factor/confirmation"])),
    ("post /account/second-factor/removal", Api(&["post /api/v1/me/second-factor/removal"])),
    ("post /account/sessions/{id}/end", Api(&["delete /api/v1/sessions/{id}"])),
    ("get /admin", Nothing("only leads to the pages under it")),
    ("get /admin/calendars", Api(&["get /api/v1/calendars"])),
    ("get /admin/calendars/{name}", Api(&["get /api/v1/calendars/{name}"])),
    (
        "post /admin/calendars/{name}",
        Api(&["post /api/v1/calendars/{name}/previews", "put /api/v1/calendars/{name}"]),
    ),
    ("get /admin/installation", Api(&["get /api/v1/installation"])),
    ("post /admin/installation", Api(&["patch /api/v1/installation"])),
    ("get /admin/keys", Api(&["get /api/v1/keys"])),
    ("post /admin/keys", Api(&["post /api/v1/keys"])),
    ("post /admin/keys/{id}/revocation", Api(&["delete /api/v1/keys/{id}"])),
    ("get /admin/people", Api(&["get /api/v1/users", "get /api/v1/users/{id}"])),
    ("post /admin/people", Api(&["put /api/v1/users/{id}", "post /api/v1/users/{id}/invitations"])),
    ("post /admin/people/{id}/invitation", Api(&["post /api/v1/users/{id}/invitations"])),
    ("post /admin/people/{id}/leave", Api(&["delete /api/v1/users/{id}"])),
    ("get /admin/procedures", Api(&["get /api/v1/procedures", "get /api/v1/queues"])),
    (
        "get /admin/procedures/draft",
        Api(&["get /api/v1/procedures/{key}/source", "get /api/v1/drafts/{name}"]),
    ),
    (
        "post /admin/procedures/draft",
        Api(&[
            "post /api/v1/procedures/{key}/checks",
            "put /api/v1/procedures/{key}",
            "put /api/v1/drafts/{name}",
        ]),
    ),
    (
        "post /admin/procedures/{key}/reinstatement",
        Api(&["post /api/v1/procedures/{key}/reinstatements"]),
    ),
    ("get /admin/procedures/{key}/retirement", Api(&["get /api/v1/queues"])),
    ("post /admin/procedures/{key}/retirement", Api(&["delete /api/v1/procedures/{key}"])),
    ("get /admin/teams", Api(&["get /api/v1/teams", "get /api/v1/teams/{id}"])),
    ("post /admin/teams", Api(&["put /api/v1/teams/{id}"])),
    ("post /admin/teams/{id}", Api(&["put /api/v1/teams/{id}", "delete /api/v1/teams/{id}"])),
    ("get /admin/webhooks", Api(&["get /api/v1/webhooks"])),
    ("post /admin/webhooks", Api(&["post /api/v1/webhooks"])),
    (
        "get /admin/webhooks/{id}",
        Api(&[
            "get /api/v1/webhooks/{id}",
            "get /api/v1/webhooks/{id}/deliveries",
            "get /api/v1/webhooks/{id}/deliveries/{delivery}",
        ]),
    ),
    (
        "post /admin/webhooks/{id}",
        Api(&[
            "patch /api/v1/webhooks/{id}",
            "delete /api/v1/webhooks/{id}",
            "post /api/v1/webhooks/{id}/ping",
            "post /api/v1/webhooks/{id}/secrets",
        ]),
    ),
    (
        "post /admin/webhooks/{id}/deliveries/{delivery}",
        Api(&["post /api/v1/webhooks/{id}/deliveries/{delivery}/resend"]),
    ),
    ("get /assets/{version}/{file}", Nothing(DRESS)),
    ("get /bulk", Api(&["post /api/v1/bulk"])),
    ("post /bulk", Api(&["post /api/v1/bulk"])),
    ("get /cases", Api(&["get /api/v1/cases"])),
    ("get /cases/export", Api(&["get /api/v1/exports/cases"])),
    (
        "get /cases/{number}",
        Api(&[
            "get /api/v1/cases/{number}",
            "get /api/v1/cases/{number}/actions",
            "get /api/v1/cases/{number}/attachments",
            "get /api/v1/cases/{number}/clocks",
            "get /api/v1/cases/{number}/clocks/{clock}/trace",
            "get /api/v1/cases/{number}/contacts",
            "get /api/v1/cases/{number}/events",
            "get /api/v1/cases/{number}/links",
            "get /api/v1/cases/{number}/tasks",
        ]),
    ),
    (
        "post /cases/{number}/actions/{action}",
        Api(&[
            "post /api/v1/cases/{number}/actions/{action}",
            "post /api/v1/cases/{number}/attachments",
        ]),
    ),
    (
        "post /cases/{number}/follow",
        Api(&["put /api/v1/cases/{number}/follow", "delete /api/v1/cases/{number}/follow"]),
    ),
    ("post /cases/{number}/here", Api(&["put /api/v1/cases/{number}/here"])),
    ("post /cases/{number}/reveal", Api(&["post /api/v1/cases/{number}/reveals"])),
    (
        "post /cases/{number}/snooze",
        Api(&["put /api/v1/cases/{number}/snooze", "delete /api/v1/cases/{number}/snooze"]),
    ),
    ("get /customers", Api(&["get /api/v1/customers"])),
    ("post /customers", Api(&["post /api/v1/customers"])),
    ("get /customers/duplicates", Api(&["get /api/v1/duplicates"])),
    ("get /customers/import", Nothing("an empty form")),
    ("post /customers/import", Api(&["post /api/v1/imports/customers"])),
    ("get /customers/import/refused", Api(&["post /api/v1/imports/customers"])),
    ("get /customers/new", Nothing("an empty form")),
    (
        "get /customers/{id}",
        Api(&["get /api/v1/customers/{id}", "get /api/v1/customers/{id}/cases"]),
    ),
    (
        "post /customers/{id}",
        Api(&[
            "put /api/v1/customers/{id}",
            "patch /api/v1/customers/{id}",
            "post /api/v1/customers/{id}/contacts",
        ]),
    ),
    ("post /customers/{id}/apart/{other}", Api(&["delete /api/v1/duplicates/{id}/{other}"])),
    ("get /customers/{id}/edit", Api(&["get /api/v1/customers/{id}"])),
    ("post /customers/{id}/erasure", Api(&["delete /api/v1/customers/{id}"])),
    ("get /customers/{id}/merge/{other}", Api(&["get /api/v1/customers/{id}"])),
    ("post /customers/{id}/merge/{other}", Api(&["post /api/v1/customers/{id}/merges"])),
    ("post /customers/{id}/part/{other}", Api(&["delete /api/v1/customers/{id}/merges/{other}"])),
    ("post /customers/{id}/reveal", Api(&["post /api/v1/customers/{id}/reveals"])),
    ("post /drafts/{name}", Api(&["put /api/v1/drafts/{name}", "delete /api/v1/drafts/{name}"])),
    ("post /drafts/{name}/removal", Api(&["delete /api/v1/drafts/{name}"])),
    ("get /files/{id}", Api(&["get /api/v1/attachments/{id}"])),
    ("get /inbox", Api(&["get /api/v1/inbox"])),
    ("post /inbox/read", Api(&["post /api/v1/inbox/read"])),
    ("get /live", Api(&["get /api/v1/events"])),
    ("get /new", Api(&["get /api/v1/procedures"])),
    ("get /new/{procedure}", Api(&["get /api/v1/procedures/{key}", "get /api/v1/drafts/{name}"])),
    ("post /new/{procedure}", Api(&["post /api/v1/cases", "post /api/v1/attachments"])),
    ("post /new/{procedure}/look", Api(&["post /api/v1/procedures/{key}/previews"])),
    ("get /overview", Api(&["get /api/v1/reports/overview"])),
    ("post /preferences", Api(&["put /api/v1/me/preferences"])),
    ("get /reference", Api(&["get /api/openapi.json"])),
    ("get /saved/{shelf}", Api(&["get /api/v1/views", "get /api/v1/templates"])),
    ("post /saved/{shelf}", Api(&["put /api/v1/views/{id}", "put /api/v1/templates/{id}"])),
    (
        "post /saved/{shelf}/{id}",
        Api(&[
            "put /api/v1/views/{id}",
            "delete /api/v1/views/{id}",
            "post /api/v1/views/{id}/raise",
            "put /api/v1/templates/{id}",
            "delete /api/v1/templates/{id}",
            "post /api/v1/templates/{id}/raise",
        ]),
    ),
    ("get /search", Api(&["get /api/v1/cases", "get /api/v1/customers"])),
    ("get /set-up/{link}", Nothing(BEFORE)),
    ("post /set-up/{link}", Nothing(BEFORE)),
    ("get /sign-in", Nothing(BEFORE)),
    ("post /sign-in", Nothing(BEFORE)),
    ("get /sign-in/code", Nothing(BEFORE)),
    ("post /sign-in/code", Nothing(BEFORE)),
    ("post /sign-in/demo", Nothing(BEFORE)),
    ("post /sign-out", Api(&["delete /api/v1/sessions/{id}"])),
    ("get /wall", Api(&["get /api/v1/queues", "get /api/v1/reports/overview"])),
    ("get /welcome/{link}", Nothing(BEFORE)),
    ("post /welcome/{link}", Nothing(BEFORE)),
];

fn named(line: &Line) -> String {
    format!("{} {}", line.method, line.path)
}

/// Whether a line asks for an administrator.
fn rules(line: &Line) -> bool {
    matches!(
        line.right,
        Right::Key(KeyScope::Admin) | Right::Own(KeyScope::Admin) | Right::Page(KeyScope::Admin)
    )
}

#[test]
fn whatever_the_console_does_the_api_does() {
    let told: Vec<&str> = SAME.iter().map(|(page, _)| *page).collect();
    let unique: BTreeSet<&str> = told.iter().copied().collect();
    assert_eq!(told.len(), unique.len(), "an address is told twice");
    for line in PAGES {
        let page = named(line);
        let over = SAME.iter().find(|(known, _)| *known == page);
        let (_, over) = over.unwrap_or_else(|| panic!("{page}: over which call of the API?"));
        match over {
            Nothing(why) => assert!(!why.is_empty(), "{page}"),
            Api(calls) => {
                assert!(!calls.is_empty(), "{page}");
                for call in *calls {
                    let other = TABLE.iter().find(|line| named(line) == *call);
                    let other = other.unwrap_or_else(|| panic!("{page}: there is no {call}"));
                    assert!(rules(line) || !rules(other), "{call} asks for more than {page}");
                }
            }
        }
    }
    let gone: Vec<&&str> =
        told.iter().filter(|page| !PAGES.iter().any(|line| named(line) == ***page)).collect();
    assert!(gone.is_empty(), "the console has these no more: {gone:?}");
}
