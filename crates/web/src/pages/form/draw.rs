//! Forms as HTML. They work without scripts; with them nothing that was typed is lost.

use super::{Choice, Control, FINDABLE, Form, Item, People};
use crate::answer::encoded;
use crate::pages::words::Lang;
use maud::{Markup, html};

/// Choices up to this number are shown side by side, more in a list.
const SIDE_BY_SIDE: usize = 7;

impl Form {
    /// The form. `within` is the part of the page that an answer replaces.
    pub(crate) fn html(&self, lang: Lang, csrf: &str, within: &str, look: Option<&str>) -> Markup {
        let kind = self.has_files().then_some("multipart/form-data");
        let discard = format!("{within}-discard");
        // A new case is begun again with the next call, whether something was put back or not.
        let always = look.is_some();
        html! {
            form method="post" action=(self.action) enctype=[kind] data-form data-within=(within) data-draft=[self.draft.as_deref()]
                data-look=[look] data-enter[look.is_some()] data-offset=[self.offset]
                data-begins=[self.begins.as_deref()] data-files-at=[self.files_at.as_deref()] novalidate {
                input type="hidden" name="csrf" value=(csrf);
                @if let Some(seen) = self.seen { input type="hidden" name="seen" value=(seen); }
                input type="hidden" name="once" value=(self.once);
                @for (name, text) in &self.kept { input type="hidden" name=(name) value=(text); }
                @if let Some(wrong) = &self.wrong {
                    div.notice.late role="alert" tabindex="-1" {
                        (super::super::icon::icon("warn"))
                        div { p { (wrong) } (self.blamed(lang)) }
                    }
                }
                @if self.is_drafted() {
                    div.notice.restored role="status" data-restored hidden[!self.restored] {
                        p { (lang.say("form.restored")) }
                        button.small type="submit" form=(discard) { (lang.say("form.discard")) }
                    }
                }
                div.fields { @for item in &self.items { (item.html(lang)) } }
                @if !self.more.is_empty() { (self.folded(lang, &format!("{within}-more"))) }
                div.actions {
                    button.main type="submit" data-command=(self.label) { (self.label) " " kbd aria-hidden="true" { "Ctrl ↵" } }
                    @if !self.templates.is_empty() { (self.insert(lang, within)) }
                    @if always && self.is_drafted() { button.bare type="submit" form=(discard) data-command=(lang.say("form.discard")) { (lang.say("form.discard")) } }
                    span.quiet role="status" data-saved {}
                }
            }
            // Forms do not nest: its buttons stand in the other.
            @if let Some(draft) = self.draft.as_ref().filter(|_| self.is_drafted()) {
                form method="post" action={ "/drafts/" (encoded(draft)) "/removal" } id=(discard) data-discard hidden {
                    input type="hidden" name="csrf" value=(csrf);
                    input type="hidden" name="to" value=(self.anew);
                }
            }
        }
    }
}

impl Form {
    /// Whether it has a draft that can be thrown away.
    fn is_drafted(&self) -> bool {
        self.draft.is_some() && !self.anew.is_empty()
    }

    /// The fields that something is wrong with, each one step away.
    fn blamed(&self, lang: Lang) -> Markup {
        let blamed: Vec<&Item> =
            self.items.iter().chain(&self.more).filter(|item| item.wrong.is_some()).collect();
        html! {
            @if !blamed.is_empty() {
                p.blamed { (lang.say("form.blamed")) @for item in blamed { " " a href={ "#" (item.id()) } data-field { (item.label) } } }
            }
        }
    }

    /// What can be given as well.
    fn folded(&self, lang: Lang, id: &str) -> Markup {
        html! {
            details id=(id) {
                summary { (lang.count("form.more", u64::try_from(self.more.len()).unwrap_or(0))) }
                div.fields { @for item in &self.more { (item.html(lang)) } }
            }
        }
    }

    /// Texts to choose from. Each is also a command of the bar, so that the hands stay on the keys.
    fn insert(&self, lang: Lang, within: &str) -> Markup {
        html! {
            details.menu.up id={ (within) "-templates" } {
                summary.button data-key="t" { (lang.say("templates.use")) " " kbd aria-hidden="true" { "t" } }
                div.sheet {
                    @for template in &self.templates {
                        a href=(template.href) data-insert=(template.text) data-command={ (lang.say("templates.use")) ": " (template.name) } title=(template.text) { (template.name) }
                    }
                    hr;
                    a href="/saved/templates" { (lang.say("templates.manage")) }
                }
            }
        }
    }

    /// The controls alone, for a form that stands around more than them.
    pub(crate) fn controls(&self, lang: Lang) -> Markup {
        html! {
            div.fields { @for item in &self.items { (item.html(lang)) } }
            @if !self.more.is_empty() { (self.folded(lang, "controls-more")) }
        }
    }
}

impl Item {
    fn html(&self, lang: Lang) -> Markup {
        let id = self.id();
        let group = matches!(self.control, Control::YesNo | Control::Many(_) | Control::Rows(_))
            || matches!(&self.control, Control::People(People { many: true, .. }))
            || self.is_side_by_side();
        let wide = matches!(self.control, Control::Long | Control::Rows(_) | Control::Files(_));
        let wide = wide
            || matches!(&self.control, Control::Many(options) | Control::One(options) if group && options.len() > 3);
        let notes = html! {
            @if let Some(hint) = &self.hint { p.hint id={ (id) "-hint" } { (hint) } }
            @if let Some(wrong) = &self.wrong { p.wrong id={ (id) "-wrong" } { (wrong) } }
        };
        let must = html! { @if self.required { span.must aria-hidden="true" { " *" } span.unseen { " " (lang.say("form.must")) } } };
        html! {
            div.field.wide[wide] data-held[self.held] {
                @if group {
                    fieldset id=(id) aria-describedby=[self.describes()] {
                        legend { (self.label) (must) }
                        (self.control_html(lang))
                    }
                } @else {
                    label for=(id) { (self.label) (must) }
                    (self.control_html(lang))
                }
                (notes)
            }
        }
    }

    fn id(&self) -> String {
        super::control_id(&self.name)
    }

    fn usual_id(&self) -> Option<String> {
        (!self.usual.is_empty()).then(|| format!("{}-usual", self.id()))
    }

    fn describes(&self) -> Option<String> {
        let id = self.id();
        let hint = self.hint.as_ref().map(|_| format!("{id}-hint"));
        let wrong = self.wrong.as_ref().map(|_| format!("{id}-wrong"));
        let all: Vec<String> = hint.into_iter().chain(wrong).collect();
        (!all.is_empty()).then(|| all.join(" "))
    }

    fn is_side_by_side(&self) -> bool {
        matches!(&self.control, Control::One(options) if options.len() <= SIDE_BY_SIDE)
    }

    fn value(&self) -> &str {
        self.values.first().map_or("", String::as_str)
    }

    fn control_html(&self, lang: Lang) -> Markup {
        let (id, name) = (self.id(), &self.name);
        let invalid = self.wrong.as_ref().map(|_| "true");
        let describes = self.describes();
        // Examples are in the language of the procedure.
        let example = self.example.as_ref().filter(|one| !lang.english || one.is_ascii());
        let example = example.map(|one| lang.fill("form.example", &[("example", one)]));
        match &self.control {
            Control::Line("datetime-local") => html! {
                div.with-now {
                    input type="datetime-local" id=(id) name=(name) value=(self.value()) required[self.required] aria-invalid=[invalid] aria-describedby=[describes];
                    button.small type="button" data-now hidden { (lang.say("form.now")) span.unseen { " " (self.label) } }
                }
            },
            Control::Line(kind) => html! {
                input type=(kind) id=(id) name=(name) value=(self.value()) placeholder=[example.as_deref()] required[self.required] list=[self.usual_id()]
                    aria-invalid=[invalid] aria-describedby=[describes] autocomplete="off" step=[(*kind == "number").then_some("any")];
                @if let Some(usual) = self.usual_id() { datalist id=(usual) { @for text in &self.usual { option value=(text); } } }
            },
            Control::Long => html! {
                textarea id=(id) name=(name) rows="3" placeholder=[example.as_deref()] required[self.required]
                    aria-invalid=[invalid] aria-describedby=[describes] { (self.value()) }
            },
            Control::YesNo => {
                let choice = |key: &str, label: &str| Choice {
                    key: key.to_owned(),
                    label: label.to_owned(),
                    hint: None,
                };
                self.chips(
                    "radio",
                    &[choice("true", lang.say("form.yes")), choice("false", lang.say("form.no"))],
                    lang,
                )
            }
            Control::One(options) if self.is_side_by_side() => self.chips("radio", options, lang),
            Control::One(options) => html! {
                select id=(id) name=(name) required[self.required] aria-invalid=[invalid] aria-describedby=[describes] {
                    option value="" { "—" }
                    @for option in options {
                        option value=(option.key) selected[self.value() == option.key] title=[option.hint.as_deref()] { (option.label) }
                    }
                }
            },
            Control::Many(options) => self.chips("checkbox", options, lang),
            Control::People(people) if people.many => self.several(people, lang),
            Control::People(people) => {
                // Without the role that is wanted somebody can be chosen, but not unawares.
                let misfit = people.wanted.as_ref().map(|_| format!("{id}-misfit"));
                let option = |one: &Choice| {
                    html! {
                        option value=(one.key) selected[self.value() == one.key] { (one.label) }
                    }
                };
                html! {
                    select id=(id) name=(name) required[self.required] aria-invalid=[invalid] aria-describedby=[describes]
                        data-find=[(people.count() > FINDABLE).then(|| lang.say("form.find"))] data-misfit=[misfit.as_deref()] {
                        option value="" { (people.nobody(lang)) }
                        @match &people.wanted {
                            Some(role) => {
                                optgroup label=(lang.fill("form.fit", &[("role", role)])) { @for one in &people.fit { (option(one)) } }
                                optgroup label=(lang.fill("form.others", &[("role", role)])) data-others="" { @for one in &people.others { (option(one)) } }
                            },
                            None => @for one in people.all() { (option(one)) },
                        }
                    }
                    @if let (Some(id), Some(role)) = (&misfit, &people.wanted) {
                        p.hint.near id=(id) role="status" hidden[!people.others.iter().any(|one| self.value() == one.key)] { (lang.fill("form.misfit", &[("role", role)])) }
                    }
                }
            }
            Control::Files(known) => html! {
                // It was shown, so that what is taken out of it is gone.
                input type="hidden" name=(name) value="";
                @if !known.is_empty() {
                    ul.files { @for (file, label) in known {
                        li.tag {
                            input type="hidden" name=(name) value=(file); (label)
                            button.bare.small type="button" data-take-out hidden { "×" span.unseen { " " (lang.fill("form.take_out", &[("name", label)])) } }
                        }
                    } }
                }
                input type="file" id=(id) name=(name) multiple aria-invalid=[invalid] aria-describedby=[describes];
            },
            Control::Rows(rows) => html! {
                div.grid-rows id={ (id) "-rows" } {
                    @for row in rows { div.grid-row { @for cell in row { (cell.html(lang)) } } }
                }
                button.small type="button" data-add-row={ (id) "-rows" } { (lang.say("form.row")) }
            },
        }
    }

    /// Several people: a few side by side, more in a box that opens and is narrowed by typing.
    fn several(&self, people: &People, lang: Lang) -> Markup {
        let all: Vec<Choice> = people.all().cloned().collect();
        if all.len() <= FINDABLE {
            return self.chips("checkbox", &all, lang);
        }
        let chosen = all.iter().filter(|one| self.values.contains(&one.key));
        let names: Vec<String> = chosen
            .map(|one| one.label.split(" · ").next().unwrap_or_default().to_owned())
            .collect();
        let none = lang.say("form.people");
        let told = if names.is_empty() { none.to_owned() } else { lang.listed(&names) };
        html! {
            details.who id={ (self.id()) "-who" } {
                summary.button { span data-chosen=(none) { (told) } }
                input.find type="search" data-narrows="" placeholder=(lang.say("form.find")) aria-label={ (self.label) " " (lang.say("form.find")) } autocomplete="off";
                (self.chips("checkbox", &all, lang))
            }
        }
    }

    /// Choices side by side. An unchosen list still says that it was shown, so that it can be emptied.
    fn chips(&self, kind: &str, options: &[Choice], lang: Lang) -> Markup {
        let (id, name) = (self.id(), &self.name);
        html! {
            input type="hidden" name=(name) value="";
            div.choices.many[options.len() > 14] {
                @for (place, option) in options.iter().enumerate() {
                    label.choice title=[option.hint.as_deref()] {
                        input type=(kind) id={ (id) "-" (place) } name=(name) value=(option.key)
                            checked[self.values.contains(&option.key)];
                        span { (option.label) }
                    }
                }
                @if options.is_empty() { span.quiet { (lang.say("form.nothing")) } }
            }
        }
    }
}
