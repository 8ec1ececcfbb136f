//! A case as HTML.

use super::snooze::SPANS;
use super::story::PARTS;
use super::{Beside, CasePage, ClockView, Conflict, Day, FileView, Other, Said, TaskView};
use crate::answer::encoded;
use crate::pages::icon::icon;
use crate::pages::phone::dialled;
use crate::pages::row::case_href;
use crate::pages::words::Lang;
use desk::words::Sort;
use maud::{Markup, html};

impl CasePage {
    pub(crate) fn html(&self) -> Markup {
        let lang = self.frame.lang;
        let content = html! {
            article.case data-case=(self.id) data-number=(self.number) {
                (self.head())
                div.path-box #path data-live { (self.path(lang)) }
                div.column {
                    (super::here::present_html(lang, &[]))
                    div #conflict data-always { @if let Some(conflict) = &self.conflict { (overtaken(lang, conflict)) } }
                    div #now-do-place data-live { (self.now_do()) }
                    div #others data-live { (self.others()) }
                    (self.story())
                    div #sheets data-live { @if !self.sheets.is_empty() { (self.sheets()) } }
                }
                aside.column #beside data-live aria-label=(lang.say("case.beside")) {
                    (self.clocks())
                    (self.customer())
                    @if !self.tasks.is_empty() { (tasks(lang, &self.tasks)) }
                    @if !self.files.is_empty() { (files(lang, &self.files)) }
                    @if !self.links.is_empty() { (others(lang.say("case.links"), &self.links)) }
                }
            }
        };
        self.frame.page(&content)
    }

    fn head(&self) -> Markup {
        let lang = self.frame.lang;
        html! {
            header.head #head data-live {
                @if let Some(done) = &self.done { p.notice.fine role="status" { "✓ " (lang.fill("case.done", &[("what", done)])) } }
                h1 { span.number data-number=(self.number) { (self.number) } (self.title) }
                div.line {
                    @if let Some((severity, name)) = &self.level { span.tag.{ "s" (severity) } { (name) } }
                    @for tag in &self.tags { span.tag { (tag) } }
                    span { @if self.over.is_none() { (lang.say("case.holder")) " " } b { (self.holder) } }
                    @if let Some(assignee) = self.assignee.as_ref().filter(|assignee| **assignee != self.holder) { span { (lang.say("case.assignee")) " " (assignee) } }
                    @if !self.helpers.is_empty() { span { (lang.say("case.helpers")) " " (lang.listed(&self.helpers)) } }
                    span.spread { (self.procedure) }
                    (self.attention())
                }
            }
        }
    }

    /// Following the case, and putting it off.
    fn attention(&self) -> Markup {
        let (frame, lang) = (&self.frame, self.frame.lang);
        let href = case_href(&self.number);
        let (follow, sign) = match self.follows {
            true => ("case.unfollow", "✓ "),
            false => ("case.follow", ""),
        };
        let post = |place: &str, fields: Markup| {
            html! {
                form method="post" action={ (href) "/" (place) } {
                    input type="hidden" name="csrf" value=(frame.csrf);
                    (fields)
                }
            }
        };
        let for_ = |span: &str, name: &str| html! { button name="span" value=(span) data-command={ (lang.say("snooze.do")) ": " (lang.say(name)) } { (lang.say(name)) } };
        html! {
            (post("follow", html! {
                button.bare.small name="on" value=(if self.follows { "no" } else { "yes" }) aria-pressed=(self.follows) data-command=(lang.say(follow)) title=(lang.say("case.follow.what")) { (sign) (lang.say(if self.follows { "case.followed" } else { "case.follow" })) }
            }))
            @match &self.asleep {
                Some(until) => (post("snooze", html! {
                    button.small name="span" value="wake" data-command=(lang.say("snooze.wake")) { (lang.fill("snooze.until", &[("until", until)])) " · " (lang.say("snooze.wake")) }
                })),
                None => @if self.held {
                    details.menu #snooze data-keep {
                        summary.small { (lang.say("snooze.do")) }
                        div.sheet {
                            p.head { (lang.say("snooze.what")) }
                            (post("snooze", html! {
                                @for (span, name) in SPANS { (for_(span, name)) }
                            }))
                            (post("snooze", html! {
                                div.field {
                                    label for="snooze-until" { (lang.say("snooze.at")) }
                                    input type="datetime-local" id="snooze-until" name="until" required;
                                }
                                button { (lang.say("snooze.do")) }
                            }))
                        }
                    }
                },
            }
        }
    }

    fn path(&self, lang: Lang) -> Markup {
        let place = self.path.iter().position(|step| step.class == "now");
        html! {
            // A telephone says it in words above, whatever part of the line is in sight.
            @if let Some((place, step)) = place.and_then(|place| Some((place, self.path.get(place)?))) {
                p.path-now { (lang.fill("case.path.now", &[("place", &(place + 1).to_string()), ("all", &self.path.len().to_string())])) " " b { (step.name) } @if let Some(at) = &step.at { " " time.quiet { (at) } } }
            }
            // Where it does not fit it is moved by keys.
            ol.path tabindex="0" aria-label=(lang.say("case.path")) {
                @for step in &self.path {
                    li.(step.class) aria-current=[(step.class == "now").then_some("step")] {
                        span { (step.name) }
                        time { @match &step.at { Some(at) => (at), None => "\u{a0}" } }
                    }
                }
            }
        }
    }

    fn now_do(&self) -> Markup {
        let lang = self.frame.lang;
        html! {
            @match &self.now {
                Some(doing) => section.card.now-do #now-do aria-labelledby="now-do-title" {
                    header {
                        h2 #now-do-title {
                            @match (doing.next, doing.mine) {
                                (true, true) => { (lang.say("case.now")) " " }
                                (true, false) => { (lang.say("case.theirs")) " " }
                                (false, _) => {}
                            }
                            (doing.title)
                        }
                        @if !doing.next && self.over.is_none() { a.button.bare.small href=(case_href(&self.number)) data-swap="now-do-place others" { (lang.say("case.back_to_next")) } }
                    }
                    div.body {
                        @if doing.next && !doing.mine { p.quiet { (lang.fill("case.theirs.may", &[("holder", &self.holder)])) } }
                        @for say in &doing.barred { p.notice.near { (lang.fill("case.barred", &[("what", say)])) } }
                        @if !doing.decides.is_empty() { dl.facts.decides { @for (name, text, wide) in &doing.decides { div.wide[*wide] { dt { (name) } dd { (text) } } } } }
                        (doing.form.html(lang, &self.frame.csrf, "now-do-place", None))
                    }
                },
                None => @match (&self.theirs, &self.over) {
                    (Some(theirs), _) => section.card #now-do aria-labelledby="now-do-title" {
                        header { h2 #now-do-title { (lang.say("case.theirs")) " " (theirs) } }
                        div.body { p { (lang.fill("case.theirs.what", &[("holder", &self.holder)])) } }
                    },
                    (None, Some(over)) => section.card #now-do aria-labelledby="now-do-title" {
                        header { h2 #now-do-title { (over.title) } }
                        div.body { p { (over.text) } }
                        @if let Some(main) = &over.main { ul.beside { (line(main)) } }
                    },
                    (None, None) => {}
                }
            }
        }
    }

    fn others(&self) -> Markup {
        let lang = self.frame.lang;
        html! {
            @if !self.others.is_empty() || !self.further.is_empty() {
                nav.others aria-label=(lang.say("case.others")) {
                    @for other in &self.others { (other.html("button small")) }
                    @if !self.further.is_empty() {
                        details.menu #further {
                            summary.button.small { (lang.say("case.further")) }
                            div.sheet { @for other in &self.further { (other.html("")) } }
                        }
                    }
                }
            }
        }
    }

    fn clocks(&self) -> Markup {
        let lang = self.frame.lang;
        html! {
            section.card aria-labelledby="clocks-title" {
                header { h2 #clocks-title { (lang.say("case.clocks")) } }
                @if self.clocks.is_empty() { p.body.quiet { (lang.say("case.clocks.none")) } }
                div.clocks { @for clock in &self.clocks { (clock_html(lang, clock)) } }
                @if !self.settled.is_empty() {
                    details.sheet-of #settled {
                        summary { (lang.count("case.clocks.settled", u64::try_from(self.settled.len()).unwrap_or(0))) }
                        div.clocks { @for clock in &self.settled { (clock_html(lang, clock)) } }
                    }
                }
            }
        }
    }

    fn customer(&self) -> Markup {
        let lang = self.frame.lang;
        let open = self.earlier.iter().filter(|one| one.open).count();
        html! {
            section.card #customer aria-labelledby="customer-title" {
                header {
                    h2 #customer-title { (lang.say("case.customer")) }
                    @for (name, href) in &self.records { a.button.small.bare href=(href) { (name) } }
                    @if self.records.is_empty() && self.may_record { a.button.small.bare href={ "/customers/new?case=" (encoded(&self.number)) } { (lang.say("customer.record")) } }
                }
                div.body { dl.facts { @for fact in &self.customer { div #{ "fact-" (fact.key) } { dt { (fact.name) } dd { @if fact.phone { (dialled(&fact.text)) } @else { (fact.text) } @if let Some(field) = &fact.reveal { (self.reveal(field, &fact.name)) } } } } } }
                @if !self.earlier.is_empty() {
                    details.sheet-of #earlier open[open > 0] {
                        summary { (lang.fill("case.earlier", &[("count", &self.earlier.len().to_string()), ("open", &open.to_string())])) }
                        ul.beside { @for one in &self.earlier { (line(one)) } }
                    }
                }
            }
        }
    }

    /// Has a field shown in full; the answer replaces the field alone, so that others stay as they are shown.
    fn reveal(&self, field: &str, name: &str) -> Markup {
        html! {
            form.within method="post" action={ (case_href(&self.number)) "/reveal" } data-form data-within={ "fact-" (field) } {
                input type="hidden" name="csrf" value=(self.frame.csrf);
                @for shown in &self.shown { input type="hidden" name="shown" value=(shown); }
                input type="hidden" name="field" value=(field);
                button.small.bare type="submit" data-reveal { (icon("eye")) (self.frame.lang.say("customer.reveal")) span.unseen { " " (name) } }
            }
        }
    }

    fn sheets(&self) -> Markup {
        html! {
            section.card aria-label=(self.frame.lang.say("case.sheets")) {
                @for sheet in &self.sheets {
                    details.sheet-of id=(sheet.id) open[sheet.open] {
                        summary { (sheet.name) }
                        div.body { dl.facts { @for said in &sheet.values { (self.said(said)) } } }
                    }
                }
            }
        }
    }

    fn said(&self, said: &Said) -> Markup {
        let hidden = said.key.as_ref().filter(|_| said.hidden);
        html! {
            div.wide[said.wide] id=[said.key.as_ref().map(|key| format!("fact-{key}"))] {
                dt { (said.name) }
                dd { (said.text) @if let Some(key) = hidden { (self.reveal(key, &said.name)) } }
            }
        }
    }

    fn story(&self) -> Markup {
        let lang = self.frame.lang;
        let href = case_href(&self.number);
        html! {
            section.card #story data-live aria-labelledby="story-title" {
                header {
                    h2 #story-title { (lang.say("story.title")) }
                    nav.tabs aria-label=(lang.say("story.parts")) {
                        @for (part, name) in PARTS {
                            a href={ (href) "?show=" (part) "#story" } aria-current=[(*part == self.show).then_some("true")] data-swap="story" { (lang.say(name)) }
                        }
                    }
                }
                @if self.show == "audit" { p.audited { (lang.fill("case.version", &[("version", &self.version.to_string())])) } }
                @if self.story.is_empty() { p.empty { (lang.say("story.none")) } }
                @for day in &self.story { (day_html(day)) }
            }
        }
    }
}

impl Other {
    fn html(&self, class: &str) -> Markup {
        html! {
            a class=[(!class.is_empty()).then_some(class)] href=(self.href) data-swap="now-do-place others" data-command=(self.label) data-key=[self.key]
                data-shortcut=[self.key] data-focus="#now-do .fields :is(input:not([type=hidden]), select, textarea)" {
                (self.label) @if let Some(key) = self.key { " " kbd aria-hidden="true" { (key) } }
            }
        }
    }
}

fn day_html(day: &Day) -> Markup {
    html! {
        h3.day-head { (day.date) }
        ol.line-of-time {
            @for entry in &day.entries {
                li {
                    span.when { (entry.at) }
                    div.what {
                        span.who { (entry.who) }
                        ul { @for (sort, text) in &entry.lines { li.(class(*sort)) { (text) } } }
                    }
                }
            }
        }
    }
}

fn class(sort: Sort) -> &'static str {
    match sort {
        Sort::Contact => "contact",
        Sort::Progress => "progress",
        Sort::Work => "work",
        Sort::Time => "time",
        Sort::File => "file",
        Sort::Values => "values",
    }
}

fn clock_html(lang: Lang, clock: &ClockView) -> Markup {
    let class = clock.left.as_ref().map_or("fine", |left| left.class());
    html! {
        div.clock {
            div.line {
                span.name { (clock.name) }
                @match &clock.left {
                    Some(left) => (left.html(lang)),
                    None => span.tag.s3[clock.late] { (clock.state) },
                }
            }
            div.line.when {
                span.spread { (clock.at) @if clock.provisional { " " span.tag { (lang.say("clock.provisional")) } } }
                @if clock.left.is_some() { (clock.state) }
            }
            @if let Some((from, max, value)) = clock.progress {
                progress.(class) max=(max) value=(value) data-from=(from) aria-label=(lang.fill("clock.used", &[("clock", &clock.name)])) {}
            }
            @if !clock.told.is_empty() {
                details id=(clock.id) {
                    summary { (lang.say("clock.why")) span.unseen { " " (clock.name) } }
                    @if !clock.strip.is_empty() {
                        ol.strip aria-label=(lang.say("strip.title")) {
                            @for (day, what, class) in &clock.strip { li.(class) title=(what) { (day) span.unseen { " " (what) } } }
                        }
                    }
                    ul.told { @for told in &clock.told { li.detail[told.detail] { (told.text) } } }
                }
            }
        }
    }
}

fn overtaken(lang: Lang, conflict: &Conflict) -> Markup {
    html! {
        div.notice.near role="alert" tabindex="-1" data-sends="now-do-place" {
            (icon("warn"))
            div {
                p { b { (lang.say("conflict.title")) } }
                p { (lang.say("conflict.what")) }
                ul { @for change in &conflict.changes { li { (change) } } }
                @if !conflict.typed.is_empty() {
                    p { (lang.say("conflict.typed")) }
                    ul { @for (name, text) in &conflict.typed { li { (name) ": " (text) } } }
                }
            }
        }
    }
}

fn tasks(lang: Lang, tasks: &[TaskView]) -> Markup {
    html! {
        section.card aria-labelledby="tasks-title" {
            header { h2 #tasks-title { (lang.say("case.tasks")) } }
            ul.beside {
                @for task in tasks {
                    li {
                        div.line { span.spread { @if task.done.is_some() { "✓ " } (task.title) } @if let Some(left) = &task.left { (left.html(lang)) } }
                        span.quiet { (task.who) @if let Some(done) = &task.done { " · " (done) } }
                    }
                }
            }
        }
    }
}

fn files(lang: Lang, files: &[FileView]) -> Markup {
    html! {
        section.card aria-labelledby="files-title" {
            header { h2 #files-title { (lang.say("case.files")) } }
            div.body.thumbs {
                @for file in files {
                    a href=(file.href) target="_blank" rel="noopener" {
                        @if file.image { img src=(file.href) alt=(file.name) loading="lazy" width="76" height="76"; } @else { (icon("file")) }
                        span { (file.name) " " span.quiet { (file.size) } }
                    }
                }
            }
        }
    }
}

fn others(title: &str, all: &[Beside]) -> Markup {
    html! {
        section.card aria-label=(title) {
            header { h2 { (title) } }
            ul.beside { @for one in all { (line(one)) } }
        }
    }
}

/// Another case in two lines.
pub(crate) fn line(one: &Beside) -> Markup {
    html! {
        li {
            div.line { a.number href=(case_href(&one.number)) { (one.number) } span.quiet { (one.note) } }
            span { (one.title) }
        }
    }
}
