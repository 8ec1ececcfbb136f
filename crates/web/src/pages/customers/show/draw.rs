//! A customer as HTML.

use super::{Bought, CustomerPage, Double, Inside, Past, Way};
use crate::pages::customers::level_tag;
use crate::pages::icon::icon;
use crate::pages::phone::dialled;
use crate::pages::row::case_href;
use crate::pages::words::Lang;
use maud::{Markup, html};

impl CustomerPage {
    pub(crate) fn html(&self) -> Markup {
        let lang = self.frame.lang;
        let content = html! {
            article.case.customer {
                (self.head())
                div.column {
                    (self.history())
                    @if !self.products.is_empty() || self.may_write { (self.bought()) }
                }
                aside.column aria-label=(lang.say("customer.beside")) {
                    (self.ways())
                    (self.satisfaction())
                    @if !self.note.is_empty() {
                        section.card aria-labelledby="note-title" { header { h2 #note-title { (lang.say("customer.note")) } } p.body.told-text { (self.note) } }
                    }
                    @if !self.doubles.is_empty() { (doubles(lang, &self.doubles)) }
                    @if !self.merged.is_empty() { (self.merged_records()) }
                    @if self.frame.admin { (self.erasure()) }
                }
            }
        };
        self.frame.page(&content)
    }

    fn head(&self) -> Markup {
        let lang = self.frame.lang;
        html! {
            header.head {
                @if let Some((what, undo)) = &self.done {
                    div.notice.fine role="status" {
                        span.spread { "✓ " (what) }
                        @if let Some(undo) = undo { (self.press(undo, lang.say("customer.undo"), "small")) }
                    }
                }
                div.bar #customer-head {
                    h1 { (self.name) (level_tag(self.level.as_ref())) @if !self.company.is_empty() { span.quiet { (self.company) } } }
                    @if self.may_reveal && !self.revealed { (self.reveal("name", &self.name, "customer-head")) }
                    @if self.frame.registers { a.button.main href=(self.register) data-command=(lang.say("customer.register")) { (lang.say("customer.register")) } }
                    @if self.may_write { a.button href={ (self.href) "/edit" } data-command=(lang.say("customer.edit")) { (lang.say("customer.edit")) } }
                }
                div.line { span { (lang.fill("customer.changed", &[("when", &self.changed)])) } }
            }
        }
    }

    /// A form that only presses a button.
    fn press(&self, action: &str, label: &str, class: &str) -> Markup {
        html! {
            form method="post" action=(action) {
                input type="hidden" name="csrf" value=(self.frame.csrf);
                button.(class) type="submit" { (label) }
            }
        }
    }

    /// Has one part shown in full; the answer replaces the part of the page.
    fn reveal(&self, part: &str, name: &str, within: &str) -> Markup {
        html! {
            form method="post" action={ (self.href) "/reveal" } data-form data-within=(within) {
                input type="hidden" name="csrf" value=(self.frame.csrf);
                @for shown in &self.shown { input type="hidden" name="shown" value=(shown); }
                input type="hidden" name="part" value=(part);
                button.small.bare type="submit" data-reveal { (icon("eye")) (self.frame.lang.say("customer.reveal")) span.unseen { " " (name) } }
            }
        }
    }

    fn ways(&self) -> Markup {
        let lang = self.frame.lang;
        html! {
            section.card #ways aria-labelledby="ways-title" {
                header { h2 #ways-title { (lang.say("customer.contacts")) } }
                @if self.contacts.is_empty() { p.body.quiet { (lang.say("customer.contacts.none")) } }
                ul.beside {
                    @for way in &self.contacts {
                        li #(way.id()) {
                            @if !way.name.is_empty() || !way.role.is_empty() { div.line { b { (way.name) } span.quiet { (way.role) } } }
                            div.line {
                                span.number.spread { (first(way)) }
                                @if self.may_reveal && !way.full { (self.reveal(&way.part, &way.phone, &way.id())) }
                            }
                            @if !way.phone.is_empty() && !way.account.is_empty() { span { (way.account) } }
                        }
                    }
                }
            }
        }
    }

    fn satisfaction(&self) -> Markup {
        let lang = self.frame.lang;
        let [good, fair, bad, none] = self.ratings;
        let rated = good + fair + bad;
        html! {
            section.card aria-labelledby="rating-title" {
                header { h2 #rating-title { (lang.say("customer.ratings")) } }
                @if rated + none == 0 { p.body.quiet { (lang.say("customer.ratings.none")) } }
                @else {
                    div.body.ratings {
                        @for (class, count, name) in [("fine", good, "satisfied"), ("near", fair, "neutral"), ("late", bad, "dissatisfied"), ("", none, "unrated")] {
                            @if count > 0 || class == "fine" { span.rating.(class) { b { (count) } " " (lang.say(&format!("customer.rating.{name}"))) } }
                        }
                    }
                }
            }
        }
    }

    fn history(&self) -> Markup {
        let lang = self.frame.lang;
        html! {
            section #history aria-labelledby="history-title" {
                div.bar {
                    h2 #history-title { (lang.say("customer.cases")) }
                    span.quiet { @for (place, (channel, count)) in self.channels.iter().enumerate() { @if place > 0 { " · " } (channel) " " (count) } }
                }
                @if self.cases.is_empty() {
                    div.card { div.empty { p.say { (lang.say("customer.cases.none")) } p { (lang.say("customer.cases.none.what")) } @if self.frame.registers { a.button href=(self.register) { (lang.say("new.title")) } } } }
                } @else { (pasts(lang, &self.cases)) }
                @if self.first.is_some() || self.next.is_some() {
                    nav.more aria-label=(lang.say("cases.pages")) {
                        @if let Some(first) = &self.first { a.button href=(first) data-swap="history" { (lang.say("cases.first")) } }
                        " "
                        @if let Some(next) = &self.next { a.button href=(next) rel="next" data-swap="history" { (lang.say("cases.next")) } }
                    }
                }
            }
        }
    }

    fn bought(&self) -> Markup {
        let lang = self.frame.lang;
        html! {
            section.card aria-labelledby="bought-title" {
                header {
                    h2 #bought-title { (lang.say("customer.products")) }
                    @if self.may_write { a.button.small.bare href={ (self.href) "/edit#c-products-rows" } { (lang.say("customer.products.add")) } }
                }
                @if self.products.is_empty() { p.body.quiet { (lang.say("customer.products.none")) } }
                @else { ul.beside { @for one in &self.products { (bought(lang, one)) } } }
            }
        }
    }

    fn merged_records(&self) -> Markup {
        let lang = self.frame.lang;
        html! {
            section.card aria-labelledby="merged-title" {
                header { h2 #merged-title { (lang.say("customer.merged")) } }
                ul.beside {
                    @for Inside { name, note, part } in &self.merged {
                        li { div.line { span.spread { (name) " " span.quiet { (note) } } @if self.may_write { (self.press(part, lang.say("customer.part"), "small")) } } }
                    }
                }
            }
        }
    }

    fn erasure(&self) -> Markup {
        let lang = self.frame.lang;
        html! {
            details.card.sheet-of #erasure {
                summary { (lang.say("customer.erase")) }
                form.body method="post" action={ (self.href) "/erasure" } {
                    input type="hidden" name="csrf" value=(self.frame.csrf);
                    p { (lang.say("customer.erase.what")) }
                    label.line { input type="checkbox" name="sure" value="yes" required; " " (lang.say("customer.erase.sure")) }
                    div.actions { button.danger type="submit" { (lang.say("customer.erase.do")) } }
                }
            }
        }
    }
}

impl Way {
    /// For the part of the page that an answer replaces.
    fn id(&self) -> String {
        self.part.replace('/', "-")
    }
}

/// His cases: what it was about has the room.
fn pasts(lang: Lang, cases: &[Past]) -> Markup {
    html! {
        div.cases-frame {
            table.cases.pasts {
                caption.unseen { (lang.say("customer.cases")) }
                thead { tr {
                    @for (class, head) in [("c-number", "row.number"), ("c-day", "customer.day"), ("c-title", "row.title"), ("c-level", "row.level"), ("c-stage", "row.stage"), ("c-left", "row.left")] {
                        th.(class) scope="col" { (lang.say(head)) }
                    }
                } }
                tbody { @for one in cases { tr data-row {
                    td.c-number { a.number href=(one.href) data-open data-number=(one.number) { (one.number) } }
                    td.c-day { (one.day) }
                    td.c-title title=(one.title) { a href=(one.href) tabindex="-1" { (one.title) } }
                    td.c-level { @if let Some((severity, name)) = &one.level { span.tag.{ "s" (severity) } { (name) } } }
                    td.c-stage { (one.stage) @if !one.holder.is_empty() { span.quiet { " · " (one.holder) } } }
                    td.c-left { @match &one.left { Some(left) => (left.html(lang)), None => span.quiet { "—" } } }
                } } }
            }
        }
    }
}

/// The number, else the account.
fn first(way: &Way) -> Markup {
    html! {
        @if way.phone.is_empty() { (way.account) }
        @else { (dialled(&way.phone)) }
    }
}

fn bought(lang: Lang, one: &Bought) -> Markup {
    html! {
        li { div.line {
            span.tag { (lang.say(match (one.order, &one.number) { (_, Some(_)) => "customer.either", (true, None) => "customer.order", (false, None) => "customer.product" })) }
            span.spread { (one.text) }
            @if let Some(number) = &one.number { a.number href=(case_href(number)) { (number) } }
        } }
    }
}

fn doubles(lang: Lang, doubles: &[Double]) -> Markup {
    html! {
        section.card aria-labelledby="doubles-title" {
            header { h2 #doubles-title { (lang.say("duplicates.title")) } }
            ul.beside {
                @for double in doubles {
                    li {
                        div.line { a.spread href=(double.line.href) { (double.line.name) } a.button.small href=(double.merge) { (lang.say("duplicates.compare")) span.unseen { " " (double.line.name) } } }
                        span.quiet { (double.why) " · " (double.percent) " %" }
                    }
                }
            }
        }
    }
}
