//! Every address, with what it asks of its caller. This table is the security review; the document is made from it.

use crate::api;
use crate::app::App;
use crate::frame;
use crate::gate::{Right, gate};
use crate::pages;
use crate::problem::{Kind, Problem};
use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{self, MethodRouter};
use desk::KeyScope::{Admin, CasesRead, CasesWrite, ReportsRead};
use tower_http::catch_panic::CatchPanicLayer;
use utoipa::__dev::SchemaReferences;
use utoipa::Path;
use utoipa::openapi::path::Operation;
use utoipa::openapi::{RefOr, schema::Schema};

type Schemas = Vec<(String, RefOr<Schema>)>;
type Media = &'static [&'static str];

const JSON: Media = &["application/json"];
const TEXT: Media = &["text/plain"];
const FILE: Media = api::attachments::download::MEDIA;
const FEED: Media = api::feed::MEDIA;
const CSV: Media = pages::customers::import::MEDIA;
const SHEET: Media = api::exports::cases::MEDIA;
const HTML: Media = &[pages::HTML];
const ASSET: Media = pages::assets::MEDIA;
const LIVE: Media = pages::live::MEDIA;

/// An address.
pub struct Line {
    /// Method, in lower case.
    pub method: &'static str,
    /// Path with its parameters in braces.
    pub path: &'static str,
    /// What it asks of its caller.
    pub right: Right,
    /// What it can answer with.
    pub media: &'static [&'static str],
    router: fn() -> MethodRouter<App>,
    pub(crate) described: Option<Described>,
}

/// What the document says of an address of the API.
pub(crate) struct Described {
    pub(crate) name: &'static str,
    pub(crate) operation: fn() -> Operation,
    pub(crate) schemas: fn(&mut Schemas),
}

macro_rules! table {
    ($($method:ident $path:literal $right:expr, $media:expr, $($module:ident)::+;)*) => {
        /// Every address of the API; the document describes it.
        pub const TABLE: &[Line] = &[$(Line {
            method: stringify!($method),
            path: $path,
            right: $right,
            media: $media,
            router: || routing::$method($($module)::+::handler),
            described: Some(Described {
                name: stringify!($($module)::+),
                operation: <$($module)::+::__path_handler as Path>::operation,
                schemas: <$($module)::+::__path_handler as SchemaReferences>::schemas,
            }),
        }),*];
    };
}

macro_rules! pages {
    ($($method:ident $path:literal $right:expr, $media:expr, $($module:ident)::+;)*) => {
        /// Every address that is for people.
        pub const PAGES: &[Line] = &[$(Line {
            method: stringify!($method),
            path: $path,
            right: $right,
            media: $media,
            router: || routing::$method($($module)::+::handler),
            described: None,
        }),*];
    };
}

const PUBLIC: Right = Right::Public;
const READ: Right = Right::Key(CasesRead);
const WRITE: Right = Right::Key(CasesWrite);
const REPORT: Right = Right::Key(ReportsRead);
const RULE: Right = Right::Key(Admin);
const OWN: Right = Right::Own(CasesRead);
const LOOK: Right = Right::Page(CasesRead);
const ADMIN: Right = Right::Page(Admin);
const DO: Right = Right::Page(CasesWrite);

table! {
    get  "/healthz"                                      PUBLIC, TEXT, api::health;
    get  "/readyz"                                       PUBLIC, JSON, api::ready;
    get  "/metrics"                                      PUBLIC, TEXT, api::metrics;
    get  "/api/openapi.json"                             PUBLIC, JSON, api::document;
    post "/api/v1/attachments"                           WRITE,  JSON, api::attachments::upload;
    get  "/api/v1/attachments/{id}"                      READ,   FILE, api::attachments::download;
    get  "/api/v1/calendars"                             READ,   JSON, api::calendars::list;
    get  "/api/v1/calendars/{name}"                      READ,   JSON, api::calendars::show;
    put  "/api/v1/calendars/{name}"                      RULE,   JSON, api::calendars::put;
    post "/api/v1/calendars/{name}/previews"             RULE,   JSON, api::calendars::preview;
    post "/api/v1/bulk"                                  WRITE,  JSON, api::bulk;
    get  "/api/v1/cases"                                 READ,   JSON, api::cases::list;
    post "/api/v1/cases"                                 WRITE,  JSON, api::cases::register;
    get  "/api/v1/cases/{number}"                        READ,   JSON, api::cases::show;
    get  "/api/v1/cases/{number}/actions"                READ,   JSON, api::cases::actions;
    post "/api/v1/cases/{number}/actions/{action}"       WRITE,  JSON, api::cases::act;
    get  "/api/v1/cases/{number}/attachments"            READ,   JSON, api::cases::attachments;
    post "/api/v1/cases/{number}/attachments"            WRITE,  JSON, api::cases::upload;
    get  "/api/v1/cases/{number}/clocks"                 READ,   JSON, api::cases::clocks;
    get  "/api/v1/cases/{number}/clocks/{clock}/trace"   READ,   JSON, api::cases::trace;
    get  "/api/v1/cases/{number}/contacts"               READ,   JSON, api::cases::contacts;
    get  "/api/v1/cases/{number}/events"                 READ,   JSON, api::cases::events;
    put  "/api/v1/cases/{number}/follow"                 WRITE,  JSON, api::cases::follow;
    delete "/api/v1/cases/{number}/follow"               WRITE,  JSON, api::cases::unfollow;
    put  "/api/v1/cases/{number}/here"                   WRITE,  JSON, api::cases::here;
    get  "/api/v1/cases/{number}/links"                  READ,   JSON, api::cases::links;
    post "/api/v1/cases/{number}/reveals"                WRITE,  JSON, api::cases::reveal;
    put  "/api/v1/cases/{number}/snooze"                 WRITE,  JSON, api::cases::snooze;
    delete "/api/v1/cases/{number}/snooze"               WRITE,  JSON, api::cases::wake;
    get  "/api/v1/cases/{number}/tasks"                  READ,   JSON, api::cases::tasks;
    get  "/api/v1/customers"                             READ,   JSON, api::customers::list;
    post "/api/v1/customers"                             WRITE,  JSON, api::customers::create;
    get  "/api/v1/customers/{id}"                        READ,   JSON, api::customers::show;
    put  "/api/v1/customers/{id}"                        WRITE,  JSON, api::customers::put;
    patch "/api/v1/customers/{id}"                       WRITE,  JSON, api::customers::change;
    delete "/api/v1/customers/{id}"                      RULE,   JSON, api::customers::erase;
    get  "/api/v1/customers/{id}/cases"                  READ,   JSON, api::customers::cases;
    post "/api/v1/customers/{id}/contacts"               WRITE,  JSON, api::customers::contact;
    post "/api/v1/customers/{id}/merges"                 WRITE,  JSON, api::customers::merge;
    delete "/api/v1/customers/{id}/merges/{other}"       WRITE,  JSON, api::customers::part;
    post "/api/v1/customers/{id}/reveals"                WRITE,  JSON, api::customers::reveal;
    get  "/api/v1/drafts/{name}"                         OWN,    JSON, api::drafts::show;
    put  "/api/v1/drafts/{name}"                         OWN,    JSON, api::drafts::put;
    delete "/api/v1/drafts/{name}"                       OWN,    JSON, api::drafts::discard;
    get  "/api/v1/duplicates"                            READ,   JSON, api::duplicates::list;
    delete "/api/v1/duplicates/{id}/{other}"             WRITE,  JSON, api::duplicates::dismiss;
    get  "/api/v1/events"                                READ,   FEED, api::feed;
    post "/api/v1/imports/customers"                     RULE,   JSON, api::imports::customers;
    get  "/api/v1/inbox"                                 READ,   JSON, api::inbox::list;
    post "/api/v1/inbox/read"                            WRITE,  JSON, api::inbox::read;
    get  "/api/v1/installation"                          RULE,   JSON, api::installation::show;
    patch "/api/v1/installation"                         RULE,   JSON, api::installation::change;
    get  "/api/v1/exports/cases"                         READ,   SHEET, api::exports::cases;
    get  "/api/v1/keys"                                  RULE,   JSON, api::keys::list;
    post "/api/v1/keys"                                  RULE,   JSON, api::keys::make;
    delete "/api/v1/keys/{id}"                           RULE,   JSON, api::keys::revoke;
    get  "/api/v1/me"                                    READ,   JSON, api::me;
    put  "/api/v1/me/password"                           OWN,    JSON, api::me::password;
    put  "/api/v1/me/preferences"                        WRITE,  JSON, api::me::preferences;
    post "/api/v1/me/second-factor"                      OWN,    JSON, api::me::second::begin;
    post "/api/v1/me/second-factor/confirmation"         OWN,    JSON, api::me::second::confirm;
    post "/api/v1/me/second-factor/removal"              OWN,    JSON, api::me::second::remove;
    get  "/api/v1/procedures"                            READ,   JSON, api::procedures::list;
    get  "/api/v1/procedures/{key}"                      READ,   JSON, api::procedures::show;
    put  "/api/v1/procedures/{key}"                      RULE,   JSON, api::procedures::publish;
    delete "/api/v1/procedures/{key}"                    RULE,   JSON, api::procedures::retire;
    post "/api/v1/procedures/{key}/checks"               RULE,   JSON, api::procedures::check;
    post "/api/v1/procedures/{key}/previews"             WRITE,  JSON, api::procedures::preview;
    post "/api/v1/procedures/{key}/reinstatements"       RULE,   JSON, api::procedures::reinstate;
    get  "/api/v1/procedures/{key}/source"               RULE,   JSON, api::procedures::source;
    get  "/api/v1/queues"                                READ,   JSON, api::queues;
    get  "/api/v1/reports/overview"                      REPORT, JSON, api::reports::overview;
    get  "/api/v1/sessions"                              READ,   JSON, api::sessions::list;
    delete "/api/v1/sessions/{id}"                       WRITE,  JSON, api::sessions::end;
    get  "/api/v1/teams"                                 READ,   JSON, api::teams::list;
    get  "/api/v1/teams/{id}"                            READ,   JSON, api::teams::show;
    put  "/api/v1/teams/{id}"                            RULE,   JSON, api::teams::put;
    delete "/api/v1/teams/{id}"                          RULE,   JSON, api::teams::dissolve;
    get  "/api/v1/templates"                             READ,   JSON, api::templates::list;
    get  "/api/v1/templates/{id}"                        READ,   JSON, api::templates::show;
    put  "/api/v1/templates/{id}"                        WRITE,  JSON, api::templates::put;
    delete "/api/v1/templates/{id}"                      WRITE,  JSON, api::templates::discard;
    post "/api/v1/templates/{id}/raise"                  WRITE,  JSON, api::templates::raise;
    get  "/api/v1/users"                                 READ,   JSON, api::users::list;
    get  "/api/v1/users/{id}"                            READ,   JSON, api::users::show;
    put  "/api/v1/users/{id}"                            RULE,   JSON, api::users::put;
    delete "/api/v1/users/{id}"                          RULE,   JSON, api::users::leave;
    put  "/api/v1/users/{id}/absence"                    WRITE,  JSON, api::users::absence;
    post "/api/v1/users/{id}/invitations"                RULE,   JSON, api::users::invite;
    get  "/api/v1/work"                                  READ,   JSON, api::work;
    get  "/api/v1/views"                                 READ,   JSON, api::views::list;
    get  "/api/v1/views/{id}"                            READ,   JSON, api::views::show;
    put  "/api/v1/views/{id}"                            WRITE,  JSON, api::views::put;
    delete "/api/v1/views/{id}"                          WRITE,  JSON, api::views::discard;
    post "/api/v1/views/{id}/raise"                      WRITE,  JSON, api::views::raise;
    get  "/api/v1/webhooks"                              RULE,   JSON, api::webhooks::list;
    post "/api/v1/webhooks"                              RULE,   JSON, api::webhooks::make;
    get  "/api/v1/webhooks/{id}"                         RULE,   JSON, api::webhooks::show;
    patch "/api/v1/webhooks/{id}"                        RULE,   JSON, api::webhooks::change;
    delete "/api/v1/webhooks/{id}"                       RULE,   JSON, api::webhooks::remove;
    post "/api/v1/webhooks/{id}/ping"                    RULE,   JSON, api::webhooks::ping;
    post "/api/v1/webhooks/{id}/secrets"                 RULE,   JSON, api::webhooks::renew;
    get  "/api/v1/webhooks/{id}/deliveries"              RULE,   JSON, api::webhooks::deliveries::list;
    get  "/api/v1/webhooks/{id}/deliveries/{delivery}"   RULE,   JSON, api::webhooks::deliveries::show;
    post "/api/v1/webhooks/{id}/deliveries/{delivery}/resend" RULE, JSON, api::webhooks::deliveries::resend;
}

pages! {
    get  "/"                                             LOOK,   HTML, pages::work;
    get  "/account"                                      LOOK,   HTML, pages::account;
    post "/account/absence"                              LOOK,   HTML, pages::account::away;
    post "/account/password"                             LOOK,   HTML, pages::account::password;
    post "/account/second-factor"                        LOOK,   HTML, pages::account::confirm;
    post "/account/second-factor/removal"                LOOK,   HTML, pages::account::remove;
    post "/account/sessions/{id}/end"                    LOOK,   HTML, pages::account::end;
    get  "/admin"                                        ADMIN,  HTML, pages::admin;
    get  "/admin/calendars"                              ADMIN,  HTML, pages::calendars;
    get  "/admin/calendars/{name}"                       ADMIN,  HTML, pages::calendars::edit;
    post "/admin/calendars/{name}"                       ADMIN,  HTML, pages::calendars::change;
    get  "/admin/installation"                           ADMIN,  HTML, pages::installation;
    post "/admin/installation"                           ADMIN,  HTML, pages::installation::save;
    get  "/admin/keys"                                   ADMIN,  HTML, pages::keys;
    post "/admin/keys"                                   ADMIN,  HTML, pages::keys::make;
    post "/admin/keys/{id}/revocation"                   ADMIN,  HTML, pages::keys::revoke;
    get  "/admin/log"                                    ADMIN,  HTML, pages::log;
    get  "/admin/people"                                 ADMIN,  HTML, pages::people;
    post "/admin/people"                                 ADMIN,  HTML, pages::people::add;
    get  "/admin/people/{id}"                            ADMIN,  HTML, pages::people::show;
    post "/admin/people/{id}"                            ADMIN,  HTML, pages::people::change;
    post "/admin/people/{id}/absence"                    ADMIN,  HTML, pages::people::away;
    post "/admin/people/{id}/invitation"                 ADMIN,  HTML, pages::people::invite;
    post "/admin/people/{id}/leave"                      ADMIN,  HTML, pages::people::leave;
    get  "/admin/procedures"                             ADMIN,  HTML, pages::procedures;
    get  "/admin/procedures/draft"                       ADMIN,  HTML, pages::procedures::draft;
    post "/admin/procedures/draft"                       ADMIN,  HTML, pages::procedures::draft::take;
    post "/admin/procedures/{key}/reinstatement"         ADMIN,  HTML, pages::procedures::reinstate;
    get  "/admin/procedures/{key}/retirement"            ADMIN,  HTML, pages::procedures::retiring;
    post "/admin/procedures/{key}/retirement"            ADMIN,  HTML, pages::procedures::retire;
    get  "/admin/teams"                                  ADMIN,  HTML, pages::teams;
    post "/admin/teams"                                  ADMIN,  HTML, pages::teams::make;
    post "/admin/teams/{id}"                             ADMIN,  HTML, pages::teams::change;
    get  "/admin/webhooks"                               ADMIN,  HTML, pages::webhooks;
    post "/admin/webhooks"                               ADMIN,  HTML, pages::webhooks::make;
    get  "/admin/webhooks/{id}"                          ADMIN,  HTML, pages::webhooks::show;
    post "/admin/webhooks/{id}"                          ADMIN,  HTML, pages::webhooks::change;
    post "/admin/webhooks/{id}/deliveries/{delivery}"    ADMIN,  HTML, pages::webhooks::resend;
    get  "/assets/{version}/{file}"                      PUBLIC, ASSET, pages::assets;
    get  "/bulk"                                         DO,     HTML, pages::bulk;
    post "/bulk"                                         DO,     HTML, pages::bulk::act;
    get  "/cases"                                        LOOK,   HTML, pages::cases;
    get  "/cases/export"                                 LOOK,   SHEET, api::exports::cases;
    get  "/cases/{number}"                               LOOK,   HTML, pages::case;
    post "/cases/{number}/actions/{action}"              DO,     HTML, pages::case::act;
    post "/cases/{number}/follow"                        LOOK,   HTML, pages::case::follow;
    post "/cases/{number}/here"                          LOOK,   HTML, pages::case::here;
    post "/cases/{number}/reveal"                        DO,     HTML, pages::case::reveal;
    get  "/customers"                                    LOOK,   HTML, pages::customers;
    post "/customers"                                    DO,     HTML, pages::customers::save::create;
    get  "/customers/duplicates"                         LOOK,   HTML, pages::customers::duplicates;
    get  "/customers/import"                             ADMIN,  HTML, pages::customers::import;
    post "/customers/import"                             ADMIN,  HTML, pages::customers::import::take;
    get  "/customers/import/refused"                     ADMIN,  CSV,  pages::customers::import::refused;
    get  "/customers/new"                                DO,     HTML, pages::customers::edit::fresh;
    get  "/customers/{id}"                               LOOK,   HTML, pages::customers::show;
    post "/customers/{id}"                               DO,     HTML, pages::customers::save;
    post "/customers/{id}/apart/{other}"                 DO,     HTML, pages::customers::apart;
    get  "/customers/{id}/edit"                          DO,     HTML, pages::customers::edit;
    post "/customers/{id}/erasure"                       ADMIN,  HTML, pages::customers::erase;
    get  "/customers/{id}/merge/{other}"                 DO,     HTML, pages::customers::merge;
    post "/customers/{id}/merge/{other}"                 DO,     HTML, pages::customers::merge::join;
    post "/customers/{id}/part/{other}"                  DO,     HTML, pages::customers::part;
    post "/customers/{id}/reveal"                        DO,     HTML, pages::customers::reveal;
    post "/cases/{number}/snooze"                        LOOK,   HTML, pages::case::snooze;
    post "/drafts/{name}"                                LOOK,   HTML, pages::draft;
    post "/drafts/{name}/removal"                        LOOK,   HTML, pages::draft::remove;
    get  "/files/{id}"                                   LOOK,   FILE, api::attachments::download;
    get  "/inbox"                                        LOOK,   HTML, pages::inbox;
    post "/inbox/read"                                   LOOK,   HTML, pages::inbox::read;
    get  "/live"                                         LOOK,   LIVE, pages::live;
    get  "/new"                                          DO,     HTML, pages::new;
    get  "/new/{procedure}"                              DO,     HTML, pages::new::form;
    post "/new/{procedure}"                              DO,     HTML, pages::new::save;
    post "/new/{procedure}/look"                         DO,     HTML, pages::new::look;
    get  "/overview"                                     LOOK,   HTML, pages::overview;
    post "/preferences"                                  LOOK,   HTML, pages::preferences;
    get  "/reference"                                    LOOK,   HTML, pages::reference;
    get  "/reference/{operation}"                        LOOK,   HTML, pages::reference::operation;
    get  "/saved/{shelf}"                                LOOK,   HTML, pages::saved;
    post "/saved/{shelf}"                                LOOK,   HTML, pages::saved::make;
    post "/saved/{shelf}/{id}"                           LOOK,   HTML, pages::saved::change;
    get  "/search"                                       LOOK,   HTML, pages::search;
    get  "/set-up/{link}"                                PUBLIC, HTML, pages::set_up;
    post "/set-up/{link}"                                PUBLIC, HTML, pages::set_up::save;
    get  "/sign-in"                                      PUBLIC, HTML, pages::sign_in;
    post "/sign-in"                                      PUBLIC, HTML, pages::sign_in::enter;
    get  "/sign-in/code"                                 PUBLIC, HTML, pages::sign_in::code;
    post "/sign-in/code"                                 PUBLIC, HTML, pages::sign_in::code::give;
    post "/sign-in/demo"                                 PUBLIC, HTML, pages::sign_in::demo;
    post "/sign-out"                                     LOOK,   HTML, pages::sign_out;
    get  "/wall"                                         LOOK,   HTML, pages::wall;
    get  "/welcome/{link}"                               PUBLIC, HTML, pages::welcome;
    post "/welcome/{link}"                               PUBLIC, HTML, pages::welcome::choose;
    get  "/work"                                         LOOK,   HTML, pages::work;
}

/// The whole server.
pub fn router(app: App) -> Router {
    let mut router = Router::new();
    for line in TABLE.iter().chain(PAGES) {
        let guarded = (line.router)().route_layer(from_fn_with_state((app.clone(), line), gate));
        router = router.route(line.path, guarded);
    }
    router
        .fallback(|| async { Problem::new(Kind::NotFound) })
        .method_not_allowed_fallback(|| async { Problem::new(Kind::MethodNotAllowed) })
        .layer(CatchPanicLayer::custom(frame::panicked))
        .layer(from_fn_with_state(app.clone(), frame::frame))
        .with_state(app)
}
