//! Signs, drawn here: 16 by 16, in the colour of the text around them.

use maud::{Markup, html};

/// A sign by name. It says nothing that the text beside it does not say.
pub(crate) fn icon(name: &str) -> Markup {
    if name == "brand" {
        return html! {
            svg viewBox="0 0 32 32" width="22" height="22" aria-hidden="true" {
                rect width="32" height="32" rx="8" fill="#2f55c8" {}
                path d="M21.5 9.5A9 9 0 1 0 25 16" fill="none" stroke="#fff" stroke-width="3" stroke-linecap="round" {}
                path d="m11.5 16 3.5 3.5L25 9.500" fill="none" stroke="#fff" stroke-width="3" stroke-linecap="round" stroke-linejoin="round" {}
            }
        };
    }
    let path = match name {
        "work" => "M2.500 4.500h11M2.500 8h7M2.500 11.500h4.500m2.500.500 1.500 1.500 3-3",
        "new" => "M8 3v10M3 8h10",
        "queue" => "M2.500 9.500h3l1 2h3l1-2h3M3.800 3.500h8.400l1.300 6v3h-11v-3z",
        "late" => "M8 2.500 14 13H2zM8 6.500v3M8 11.300v.1",
        "list" => "M5.500 4h8M5.500 8h8M5.500 12h8M2.500 4h.1M2.500 8h.1M2.500 12h.1",
        "view" => "M3 3.500h10v9l-5-2.500-5 2.500z",
        "up" => "M8 13V3.500M4 7l4-4 4 4",
        "chart" => "M2.500 13.500h11M4.500 11V8M8 11V4M11.500 11V6.500",
        "wall" => "M2 3.500h12v7.500H2zM6 13.500h4",
        "admin" => {
            "M8 5.800a2.200 2.200 0 1 0 0 4.400 2.200 2.200 0 0 0 0-4.400M8 2v1.800M8 12.200V14M2 8h1.800M12.200 8H14M3.800 3.800 5 5M11 11l1.200 1.200M12.200 3.800 11 5M5 11l-1.200 1.200"
        }
        "search" => {
            "M7 2.800a4.200 4.200 0 1 0 0 8.400 4.200 4.200 0 0 0 0-8.400M10.200 10.200l3.300 3.300"
        }
        "bell" => {
            "M3.500 11.500h9c-1-1-1.200-2-1.200-4.200a3.300 3.300 0 0 0-6.600 0c0 2.200-.2 3.200-1.200 4.200zM7 13.800h2"
        }
        "keys" => "M1.800 4.500h12.400v7H1.800zM4.500 7h.1M7 7h.1M9.500 7h.1M12 7h.1M5 9.500h6",
        "done" => "m3 8.500 3.500 3.500L13 4.500",
        "close" => "m4 4 8 8M12 4l-8 8",
        "phone" => {
            "M4 2.500h2l1 3-1.500 1a7 7 0 0 0 4 4l1-1.500 3 1v2a1.500 1.500 0 0 1-1.600 1.500A10.500 10.500 0 0 1 2.500 4.100 1.500 1.500 0 0 1 4 2.500"
        }
        "file" => "M4 2h5l3 3v9H4zM9 2v3h3",
        "warn" => "M8 2.500a5.500 5.500 0 1 0 0 11 5.500 5.500 0 0 0 0-11M8 5.500v3M8 10.700v.1",
        "person" => {
            "M8 3a2.300 2.300 0 1 0 0 4.600A2.300 2.300 0 0 0 8 3M3.500 13.500c.4-2.600 2.200-4 4.500-4s4.100 1.400 4.500 4"
        }
        "eye" => {
            "M1.800 8s2.200-4.300 6.200-4.300S14.200 8 14.200 8 12 12.300 8 12.300 1.800 8 1.800 8M8 6.200a1.800 1.800 0 1 0 0 3.600 1.800 1.800 0 0 0 0-3.600"
        }
        "print" => "M4.500 6V2.500h7V6M4.500 11.500h-2V6h11v5.500h-2M4.500 9.500h7v4h-7z",
        _ => "M8 7.900v.1",
    };
    html! { svg.icon viewBox="0 0 16 16" aria-hidden="true" { path d=(path) {} } }
}
