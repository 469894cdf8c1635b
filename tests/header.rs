//! Makes the C header of the plugin API from `plugin-api/src/abi.rs` and `plugin-api/src/abi/tables.rs`.
//!
//! The Rust tables are the only source: their constants become macros, their structs structs, their comments comments.
//! What C needs beside them (the Arrow structures, the manifest macro, an example) stands in `tests/header/`.

use quote::ToTokens;
use syn::{Expr, Fields, Item, Lit, ReturnType, Type};

/// Widest line of the header.
const WIDTH: usize = 120;

/// The header as a text.
///
/// # Panics
/// When the sources have a construct that this generator does not know.
pub fn generate() -> String {
    let sources = ["plugin-api/src/abi.rs", "plugin-api/src/abi/tables.rs"].map(|path| {
        let text = std::fs::read_to_string(crate::root().join(path)).expect("the source is there");
        syn::parse_file(&text).expect("the source is Rust")
    });
    let items: Vec<&Item> = sources.iter().flat_map(|file| &file.items).collect();
    let mut constants = String::new();
    let (mut names, mut structs, mut entry) = (String::new(), String::new(), String::new());
    for item in items {
        match item {
            Item::Const(constant) => constants += &one_constant(constant),
            Item::Struct(item) => {
                names += &format!("typedef struct {0} {0};\n", item.ident);
                structs += &one_struct(item);
            }
            Item::Type(alias) => {
                comment(&mut entry, "", &docs(&alias.attrs));
                entry += &format!("{};\n", declared(&alias.ty, &alias.ident.to_string(), true));
            }
            _ => {}
        }
    }
    let rules = docs(&sources[0].attrs);
    let mut head = String::new();
    comment(
        &mut head,
        "",
        &rules.lines().skip(2).collect::<Vec<_>>().join("\n").replace("[`", "`").replace("`]", "`"),
    );
    [
        include_str!("header/top.h"),
        &head,
        include_str!("header/arrow.h"),
        &constants,
        "\n",
        &names,
        &structs,
        "\n",
        &entry,
        include_str!("header/end.h"),
    ]
    .concat()
}

fn one_constant(constant: &syn::ItemConst) -> String {
    let name = constant.ident.to_string();
    let value = match &*constant.expr {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Int(value) => value.base10_digits().to_owned(),
            _ => return String::new(),
        },
        Expr::Binary(shift) => format!("({})", shift.to_token_stream()),
        // The magic bytes: the manifest macro writes them.
        _ => return String::new(),
    };
    let suffix = match constant.ty.to_token_stream().to_string().as_str() {
        "u32" => "u",
        "u64" | "usize" => "ull",
        _ => "",
    };
    let name = if name.starts_with("ARTEMIS_") { name } else { format!("ARTEMIS_{name}") };
    let value = if value.starts_with('(') { value } else { value + suffix };
    let line = format!("#define {name} {value}");
    let text = docs(&constant.attrs);
    // On one line where it fits.
    if line.len().max(35) + text.len() + 4 <= WIDTH {
        return format!("{line:<35} // {text}\n");
    }
    let mut out = String::new();
    comment(&mut out, "", &text);
    out + &line + "\n"
}

fn one_struct(item: &syn::ItemStruct) -> String {
    let mut out = String::from("\n");
    comment(&mut out, "", &docs(&item.attrs));
    out += &format!("struct {} {{\n", item.ident);
    let Fields::Named(fields) = &item.fields else { panic!("{} has fields without names", item.ident) };
    for field in &fields.named {
        let name = field.ident.as_ref().expect("a named field").to_string();
        let line = declared(&field.ty, &name, false);
        let text = docs(&field.attrs);
        if !line.contains('(') && line.len().max(30) + text.len() + 10 <= WIDTH {
            out += &format!("    {:<30} // {text}\n", line + ";");
        } else {
            comment(&mut out, "    ", &text);
            out += &format!("    {line};\n");
        }
    }
    out + "};\n"
}

/// A declaration in C: the name with its type around it.
fn declared(ty: &Type, name: &str, is_typedef: bool) -> String {
    let lead = if is_typedef { "typedef " } else { "" };
    match ty {
        Type::BareFn(function) => {
            let result = match &function.output {
                ReturnType::Default => "void".to_owned(),
                ReturnType::Type(_, ty) => declared(ty, "", false),
            };
            let arguments: Vec<String> = function
                .inputs
                .iter()
                .map(|input| {
                    let (name, _) = input.name.as_ref().expect("every parameter has a name");
                    declared(&input.ty, &name.to_string(), false)
                })
                .collect();
            let result = result.trim();
            let start = if result.ends_with('*') {
                format!("{lead}{result}(*{name})(")
            } else {
                format!("{lead}{result} (*{name})(")
            };
            wrapped_arguments(&start, &arguments, if is_typedef { "" } else { "    " })
        }
        Type::Path(path) => {
            let last = path.path.segments.last().expect("a path has a segment");
            if last.ident == "Option" {
                let syn::PathArguments::AngleBracketed(inner) = &last.arguments else {
                    panic!("Option of nothing")
                };
                let Some(syn::GenericArgument::Type(inner)) = inner.args.first() else {
                    panic!("Option of no type")
                };
                return declared(inner, name, is_typedef);
            }
            join(&c_name(&last.ident.to_string()), name)
        }
        Type::Ptr(pointer) => {
            let is_const = pointer.const_token.is_some();
            // A pointer to a constant pointer: the `const` of C stands behind what is constant.
            let inner = declared(&pointer.elem, "", false);
            let inner = inner.trim_end();
            let text = match (is_const, inner.ends_with('*')) {
                (true, true) => format!("{inner} const *"),
                (true, false) => format!("const {inner} *"),
                (false, true) => format!("{inner}*"),
                (false, false) => format!("{inner} *"),
            };
            format!("{text}{name}")
        }
        Type::Array(array) => {
            format!("{}[{}]", declared(&array.elem, name, false), array.len.to_token_stream())
        }
        other => panic!("the header has no way to write {}", other.to_token_stream()),
    }
}

fn join(ty: &str, name: &str) -> String {
    if name.is_empty() { ty.to_owned() } else { format!("{ty} {name}") }
}

fn c_name(name: &str) -> String {
    match name {
        "u8" => "uint8_t",
        "u32" => "uint32_t",
        "u64" => "uint64_t",
        "i32" => "int32_t",
        "i64" => "int64_t",
        "f64" => "double",
        "c_void" => "void",
        "FFI_ArrowArray" => "struct ArrowArray",
        "FFI_ArrowSchema" => "struct ArrowSchema",
        other if other.starts_with("artemis_") => other,
        other => panic!("the header does not know the type {other}"),
    }
    .to_owned()
}

fn wrapped_arguments(start: &str, arguments: &[String], indent: &str) -> String {
    let mut lines = vec![start.to_owned()];
    for (i, argument) in arguments.iter().enumerate() {
        let text = if i + 1 < arguments.len() { format!("{argument}, ") } else { format!("{argument})") };
        let line = lines.last_mut().expect("there is a first line");
        if indent.len() + line.len() + text.len() > WIDTH {
            let rest = format!("{indent}    {text}");
            *line = line.trim_end().to_owned();
            lines.push(rest);
        } else {
            *line += &text;
        }
    }
    if arguments.is_empty() {
        lines[0] += "void)";
    }
    lines.join("\n")
}

fn docs(attributes: &[syn::Attribute]) -> String {
    let line = |attribute: &syn::Attribute| match &attribute.meta {
        syn::Meta::NameValue(meta) if meta.path.is_ident("doc") => match &meta.value {
            Expr::Lit(literal) => match &literal.lit {
                Lit::Str(text) => {
                    Some(text.value().strip_prefix(' ').map_or_else(|| text.value(), str::to_owned))
                }
                _ => None,
            },
            _ => None,
        },
        _ => None,
    };
    // Plain ASCII, as compilers of any locale read it.
    attributes
        .iter()
        .filter_map(line)
        .collect::<Vec<_>>()
        .join("\n")
        .replace('\u{2212}', "-")
        .replace('…', "...")
}

fn comment(out: &mut String, indent: &str, text: &str) {
    for line in text.lines() {
        *out += format!("{indent}// {line}").trim_end();
        *out += "\n";
    }
}
