//! Charts, drawn by the server as SVG. Every bar leads to the list behind it; scripts are not needed.

use maud::{Markup, html};

/// A bar.
#[derive(Debug, Clone)]
pub(crate) struct Bar {
    pub(crate) label: String,
    pub(crate) value: u64,
    /// What stands at its end.
    pub(crate) text: String,
    pub(crate) href: Option<String>,
    pub(crate) class: &'static str,
}

/// A day with two numbers.
#[derive(Debug, Clone)]
pub(crate) struct Column {
    pub(crate) label: String,
    pub(crate) one: u64,
    pub(crate) two: u64,
    pub(crate) href: Option<String>,
    /// Both numbers in words.
    pub(crate) title: String,
}

const WIDTH: u64 = 560;
const LABEL: u64 = 150;
const END: u64 = 70;
const LINE: u64 = 28;

/// Bars beneath each other, as long as their values; `most` is the full length, the greatest value when nothing is said.
pub(crate) fn bars(name: &str, bars: &[Bar], most: Option<u64>) -> Markup {
    let most = most.unwrap_or_else(|| bars.iter().map(|bar| bar.value).max().unwrap_or(0)).max(1);
    let room = WIDTH - LABEL - END;
    let lines = u64::try_from(bars.len()).unwrap_or(0);
    html! {
        svg.chart viewBox={ "0 0 " (WIDTH) " " (lines * LINE) } role="group" aria-label=(name) {
            @for (place, bar) in (0u64..).zip(bars) {
                @let y = place * LINE;
                @let length = (room * bar.value / most).max(u64::from(bar.value > 0) * 2);
                @let drawn = html! {
                    title { (bar.label) ": " (bar.text) }
                    text x="0" y=(y + 18) { (clipped(&bar.label)) }
                    rect.ghost x=(LABEL) y=(y + 7) width=(room) height="14" rx="3" {}
                    rect.(bar.class) x=(LABEL) y=(y + 7) width=(length) height="14" rx="3" {}
                    text.value x=(LABEL + room + 8) y=(y + 18) { (bar.text) }
                };
                @match &bar.href { Some(href) => a href=(href) { (drawn) }, None => g { (drawn) } }
            }
        }
    }
}

/// The beginning of a label that would run into the bars.
fn clipped(label: &str) -> String {
    // Chinese characters are twice as wide as others.
    let mut room = 21;
    let mut text = String::new();
    for c in label.chars() {
        let width = if c.is_ascii() { 1 } else { 2 };
        if room < width {
            return format!("{text}…");
        }
        room -= width;
        text.push(c);
    }
    text
}

const HEIGHT: u64 = 150;
const FOOT: u64 = 20;

/// Days beside each other, two columns each.
pub(crate) fn columns(name: &str, days: &[Column]) -> Markup {
    let most = days.iter().map(|day| day.one.max(day.two)).max().unwrap_or(0).max(1);
    let count = u64::try_from(days.len()).unwrap_or(1).max(1);
    let width = 1_120 / count;
    let tall = |value: u64| ((HEIGHT - 14) * value / most).max(u64::from(value > 0) * 2);
    let every = (count / 10).max(1);
    html! {
        svg.chart viewBox={ "0 0 1120 " (HEIGHT + FOOT) } role="group" aria-label=(name) {
            text x="0" y="11" { (most) }
            line.axis x1="0" x2="1120" y1=(HEIGHT) y2=(HEIGHT) {}
            line.axis x1="30" x2="1120" y1="14" y2="14" stroke-dasharray="2 4" {}
            @for (place, day) in (0u64..).zip(days) {
                @let x = place * width;
                @let half = width * 2 / 5;
                @let drawn = html! {
                    title { (day.title) }
                    rect x=(x) y="0" width=(width) height=(HEIGHT) fill="transparent" {}
                    rect.one x=(x + width / 10) y=(HEIGHT - tall(day.one)) width=(half) height=(tall(day.one)) rx="2" {}
                    rect.two x=(x + width / 10 + half) y=(HEIGHT - tall(day.two)) width=(half) height=(tall(day.two)) rx="2" {}
                };
                @match &day.href { Some(href) => a href=(href) aria-label=(day.title) { (drawn) }, None => g { (drawn) } }
                @if place % every == 0 { text x=(x + width / 2) y=(HEIGHT + 15) text-anchor="middle" { (day.label) } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chart_of_nothing_divides_by_nothing() {
        assert!(bars("none", &[], None).into_string().contains("<svg"));
        assert!(columns("none", &[]).into_string().contains("<svg"));
        let bar = Bar {
            label: "一个很长很长很长很长很长很长的名字".to_owned(),
            value: 0,
            text: "0".to_owned(),
            href: None,
            class: "one",
        };
        let drawn = bars("zero", &[bar], None).into_string();
        assert!(drawn.contains("width=\"0\"") && drawn.contains('…'), "{drawn}");
    }
}
