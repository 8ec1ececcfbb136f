//! Charts, drawn by the server as SVG. Every bar leads to the list behind it; scripts are not needed.

use maud::{Markup, html};

/// A bar.
#[derive(Debug, Clone)]
pub(crate) struct Bar {
    pub(crate) label: String,
    /// To what it belongs, where others are called the same elsewhere.
    pub(crate) of: Option<String>,
    pub(crate) value: u64,
    /// What stands at its end.
    pub(crate) text: String,
    pub(crate) href: Option<String>,
    /// Another number beside it: text and list.
    pub(crate) beside: Option<(String, String)>,
    pub(crate) class: &'static str,
}

/// A day with two numbers.
#[derive(Debug, Clone)]
pub(crate) struct Column {
    pub(crate) label: String,
    pub(crate) one: Mark,
    pub(crate) two: Mark,
}

/// A number of a day.
#[derive(Debug, Clone)]
pub(crate) struct Mark {
    pub(crate) value: u64,
    /// The list that it counts.
    pub(crate) href: String,
    /// The number in words, itself at the end.
    pub(crate) title: String,
}

/// Bars beneath each other, as long as their values; `most` is the full length, the greatest value when nothing is said. Words and
/// numbers stand beside the drawing, so that they keep their size on a telephone.
pub(crate) fn bars(name: &str, bars: &[Bar], most: Option<u64>) -> Markup {
    let most = most.unwrap_or_else(|| bars.iter().map(|bar| bar.value).max().unwrap_or(0)).max(1);
    html! {
        ul.bars aria-label=(name) {
            @for bar in bars {
                @let drawn = html! {
                    span.what title=(bar.label) { (bar.label) @if let Some(of) = &bar.of { span.of title=(of) { " " (of) } } }
                    svg viewBox={ "0 0 " (most) " 1" } preserveAspectRatio="none" aria-hidden="true" {
                        rect.ghost width=(most) height="1" {}
                        rect.(bar.class) width=(bar.value) height="1" {}
                    }
                    b { (bar.text) }
                };
                li.two-fold[bar.beside.is_some()] {
                    @match &bar.href { Some(href) => a href=(href) { (drawn) }, None => span.line { (drawn) } }
                    @if let Some((text, href)) = &bar.beside { a.beside-bar href=(href) { (text) } }
                }
            }
        }
    }
}

/// Height of the columns, in units of their drawing.
const HEIGHT: u64 = 100;
/// Width of a day.
const DAY: u64 = 10;

/// Days beside each other, two columns each.
pub(crate) fn columns(name: &str, days: &[Column]) -> Markup {
    let most = days.iter().map(|day| day.one.value.max(day.two.value)).max().unwrap_or(0).max(1);
    let width = u64::try_from(days.len()).unwrap_or(1).max(1) * DAY;
    let tall = |value: u64| HEIGHT * value / most;
    let (first, last) = (days.first(), days.last());
    let middle = days.get(days.len() / 2);
    html! {
        div.columns {
            span.most { (most) }
            svg.chart viewBox={ "0 0 " (width) " " (HEIGHT) } preserveAspectRatio="none" role="group" aria-label=(name) {
                @for (place, day) in (0u64..).zip(days) {
                    @for (half, (class, mark)) in (0u64..).zip([("one", &day.one), ("two", &day.two)]) {
                        @let x = place * DAY + half * DAY / 2;
                        a href=(mark.href) aria-label=(mark.title) {
                            title { (mark.title) }
                            rect.free x=(x) y="0" width=(DAY / 2) height=(HEIGHT) {}
                            rect.(class) x=(x + 1 - half) y=(HEIGHT - tall(mark.value)) width="4" height=(tall(mark.value)) {}
                        }
                    }
                }
            }
            p.days { @for day in [first, middle, last].into_iter().flatten() { span { (day.label) } } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chart_of_nothing_divides_by_nothing() {
        assert!(bars("none", &[], None).into_string().contains("<ul"));
        assert!(columns("none", &[]).into_string().contains("<svg"));
        let bar = Bar {
            label: "零".to_owned(),
            of: None,
            value: 0,
            text: "0".to_owned(),
            href: None,
            beside: None,
            class: "one",
        };
        let drawn = bars("zero", &[bar], None).into_string();
        assert!(drawn.contains("width=\"0\"") && drawn.contains("viewBox=\"0 0 1 1\""), "{drawn}");
    }
}
