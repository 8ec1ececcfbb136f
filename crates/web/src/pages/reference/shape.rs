//! A schema as people read it: members with what they are, what holds for them, and what they say.

use super::chinese::prose;
use super::read::schema;
use crate::pages::words::Lang;
use maud::{Markup, html};
use serde_json::Value as Json;

/// Members of an object that stand unfolded within it.
const FEW: usize = 4;

/// Members that name what the others are about stand first; the document has them by the alphabet.
const NAMES: [&str; 7] = ["number", "id", "key", "name", "title", "kind", "type"];

/// To whom a schema is told, and of what.
#[derive(Clone, Copy)]
pub(super) struct Told {
    pub(super) lang: Lang,
    /// It is answered rather than sent: what may be absent is worth a word, not what is always there.
    pub(super) answered: bool,
}

/// A schema whose references were followed.
#[derive(Clone, Copy)]
pub(super) struct Shape {
    json: &'static Json,
    /// Its name among the schemas of the document.
    name: Option<&'static str>,
    about: Option<&'static str>,
    /// It may be null as well.
    nullable: bool,
}

/// A member of an object.
pub(super) struct Member {
    pub(super) name: &'static str,
    pub(super) required: bool,
    pub(super) shape: Shape,
}

impl Shape {
    /// Follows references, and takes null for a property of what it stands beside.
    pub(super) fn of(json: &'static Json) -> Self {
        let about = json.get("description").and_then(Json::as_str);
        if let Some(name) = json.get("$ref").and_then(Json::as_str).and_then(last) {
            let inner = schema(name).map(Self::of);
            let inner = inner.unwrap_or(Self { json, name: None, about: None, nullable: false });
            return Self { name: Some(name), about: about.or(inner.about), ..inner };
        }
        let nullable =
            variants(json).any(|one| is_null(&one)) || types(json).any(|one| one == "null");
        let mut others = variants(json).filter(|one| !is_null(one));
        if let (Some(only), None) = (others.next(), others.next()) {
            let inner = Self::of(only);
            return Self {
                about: about.or(inner.about),
                nullable: nullable || inner.nullable,
                ..inner
            };
        }
        Self { json, name: None, about, nullable }
    }

    /// What it says of itself.
    pub(super) fn about(&self) -> Option<&'static str> {
        self.about
    }

    /// The same without its text, where that was told already.
    pub(super) fn without_text(self) -> Self {
        Self { about: None, ..self }
    }

    /// Its name, so that what contains itself is told once.
    pub(super) fn name(&self) -> Option<&'static str> {
        self.name
    }

    /// A keyword of it.
    pub(super) fn get(&self, keyword: &str) -> Option<&'static Json> {
        self.json.get(keyword)
    }

    /// `object`, `array`, `string`, `integer`, `number`, `boolean`; `any` where nothing is said.
    pub(super) fn kind(&self) -> &'static str {
        let said = types(self.json).find(|one| *one != "null");
        let parts = self.get("allOf").is_some() || self.get("properties").is_some();
        said.unwrap_or(if parts { "object" } else { "any" })
    }

    /// The shape of each item of a list, or of each value of a table by keys.
    pub(super) fn inner(&self) -> Option<Shape> {
        let inner = self.get("items").or_else(|| self.get("additionalProperties"))?;
        inner.is_object().then(|| Self::of(inner))
    }

    /// One of several, each with members of its own.
    pub(super) fn variants(&self) -> Vec<Shape> {
        variants(self.json).filter(|one| !is_null(one)).map(Self::of).collect()
    }

    /// The members of an object: those that must be there first, and of them those that name it.
    pub(super) fn members(&self) -> Vec<Member> {
        let mut members = own_members(self.json);
        for part in self.get("allOf").and_then(Json::as_array).into_iter().flatten() {
            members.extend(Self::of(part).members());
        }
        let place = |name: &str| NAMES.iter().position(|one| *one == name).unwrap_or(NAMES.len());
        members.sort_by_key(|member| (!member.required, place(member.name)));
        members
    }

    /// The values that it can have.
    pub(super) fn values(&self) -> Vec<&'static str> {
        let values = self.get("enum").and_then(Json::as_array);
        values.into_iter().flatten().filter_map(Json::as_str).collect()
    }

    /// What it is, in a few words.
    pub(super) fn words(&self, lang: Lang) -> String {
        let name = match (self.kind(), self.get("format").and_then(Json::as_str)) {
            ("string", Some("date-time")) => "instant",
            ("string", Some("date")) => "date",
            ("string", Some("binary")) => "file",
            ("any", _) if !self.variants().is_empty() => "variants",
            (kind, _) => kind,
        };
        let plain = lang.say(&format!("reference.kind.{name}")).to_owned();
        let words = match (name, self.inner()) {
            ("array", Some(inner)) => {
                lang.fill("reference.list_of", &[("kind", &inner.words(lang))])
            }
            ("object", Some(inner)) if self.members().is_empty() => {
                lang.fill("reference.table_of", &[("kind", &inner.words(lang))])
            }
            _ => plain,
        };
        match self.nullable {
            true => lang.fill("reference.or_null", &[("kind", &words)]),
            false => words,
        }
    }

    /// What holds for its values, beside what it is.
    pub(super) fn limits(&self, lang: Lang) -> Markup {
        let number = |keyword: &str| self.get(keyword).map(Json::to_string);
        let between = |least: &str, most: &str, of: &str| {
            let kind = format!("reference.limit.{of}");
            let (least, most) = (number(least).filter(|least| least != "0"), number(most));
            let range = match (least, most) {
                (Some(least), Some(most)) => format!("{least}–{most}"),
                (Some(least), None) => format!("≥ {least}"),
                (None, Some(most)) => format!("≤ {most}"),
                (None, None) => return None,
            };
            Some(lang.fill(&kind, &[("range", &range)]))
        };
        let said = [
            between("minimum", "maximum", "value"),
            between("minLength", "maxLength", "characters"),
            between("minItems", "maxItems", "items"),
        ];
        let said: Vec<String> = said.into_iter().flatten().collect();
        let default = self.get("default").filter(|default| !default.is_null());
        let pattern = self.get("pattern").and_then(Json::as_str);
        let inner = self.get("items").map(Self::of).map(|inner| inner.values());
        let values = Some(self.values()).filter(|values| !values.is_empty()).or(inner);
        let values = values.unwrap_or_default();
        html! {
            @if !said.is_empty() || default.is_some() || pattern.is_some() || !values.is_empty() {
                p.limits {
                    @if !values.is_empty() {
                        span { (lang.say("reference.values")) @for value in &values { " " code { (value) } } }
                    }
                    @for one in &said { span { (one) } }
                    @if let Some(default) = default { span { (lang.say("reference.default")) " " code { (default) } } }
                    @if let Some(pattern) = pattern { span { (lang.say("reference.pattern")) " " code { (pattern) } } }
                }
            }
        }
    }

    /// The whole of it.
    pub(super) fn html(&self, told: Told) -> Markup {
        let lang = told.lang;
        html! {
            @if let Some(about) = self.about { p.about { (prose(lang, about)) } }
            // That an object is one is seen by its members.
            @if self.members().is_empty() { p.kind { (self.words(lang)) } }
            (self.limits(lang))
            (self.within(told, &mut self.name.into_iter().collect(), true))
        }
    }

    /// What is in it; `above` holds the names of what it is in.
    fn within(&self, told: Told, above: &mut Vec<&'static str>, open: bool) -> Markup {
        let lang = told.lang;
        if let Some(inner) = self.inner().filter(|_| self.members().is_empty()) {
            return inner.folded(told, above, open);
        }
        let (members, variants) = (self.members(), self.variants());
        let few = members.len() <= FEW;
        html! {
            @if !members.is_empty() {
                ul.members {
                    @for member in &members { li { (member.html(told, above, open && few)) } }
                }
            }
            @for variant in &variants {
                div.variant {
                    p.line { span.or { (lang.say("reference.either")) } span.kind { (variant.words(lang)) } }
                    @if let Some(about) = variant.about { p.about { (prose(lang, about)) } }
                    (variant.limits(lang))
                    (variant.within(told, above, open))
                }
            }
        }
    }

    /// What is in it, to be unfolded; nothing where it is in itself.
    fn folded(&self, told: Told, above: &mut Vec<&'static str>, open: bool) -> Markup {
        let count = self.members().len() + self.variants().len();
        let again = self.name.is_some_and(|name| above.contains(&name));
        let holds = count > 0 || self.inner().is_some();
        if again || !holds {
            return html! {};
        }
        above.extend(self.name);
        let within = self.within(told, above, open && count == 0);
        if self.name.is_some() {
            above.pop();
        }
        if count == 0 {
            return within;
        }
        let count = u64::try_from(count).unwrap_or_default();
        html! {
            details.inner open[open] {
                summary { (told.lang.count("reference.members", count)) }
                @if let Some(about) = self.about { p.about { (prose(told.lang, about)) } }
                (within)
            }
        }
    }
}

impl Member {
    fn html(&self, told: Told, above: &mut Vec<&'static str>, open: bool) -> Markup {
        let (lang, shape) = (told.lang, &self.shape);
        html! {
            p.line {
                code.name { (self.name) }
                span.kind { (shape.words(lang)) }
                @if self.required && !told.answered { span.must { (lang.say("reference.required")) } }
                @if !self.required && !shape.nullable && told.answered { span.kind { (lang.say("reference.absent")) } }
            }
            @if let Some(about) = shape.about { p.about { (prose(lang, about)) } }
            (shape.limits(lang))
            (shape.without_text().folded(told, above, open))
        }
    }
}

fn own_members(json: &'static Json) -> Vec<Member> {
    let required = json.get("required").and_then(Json::as_array);
    let must = |name: &str| required.is_some_and(|all| all.iter().any(|one| one == name));
    let all = json.get("properties").and_then(Json::as_object).into_iter().flatten();
    all.map(|(name, json)| Member { name, required: must(name), shape: Shape::of(json) }).collect()
}

fn last(reference: &'static str) -> Option<&'static str> {
    reference.rsplit('/').next()
}

fn variants(json: &'static Json) -> impl Iterator<Item = &'static Json> {
    let all = json.get("oneOf").or_else(|| json.get("anyOf")).and_then(Json::as_array);
    all.into_iter().flatten()
}

fn types(json: &'static Json) -> impl Iterator<Item = &'static str> {
    let said = json.get("type");
    let several = said.and_then(Json::as_array).into_iter().flatten();
    said.into_iter().chain(several).filter_map(Json::as_str)
}

fn is_null(json: &&'static Json) -> bool {
    json.get("type").and_then(Json::as_str) == Some("null")
}
