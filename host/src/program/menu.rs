//! `menu`: check a job file, draw its menu, show the messages that it compiles to.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use artemis_host::catalog::Catalog;
use artemis_host::menu::{Checked, compile, graph};
use artemis_host::steering::plan::Plan;
use artemis_host::store::MemoryStore;
use prost::Message;
use serde_json::{Value, json};

use super::args;
use super::fault::{Fault, Outcome};
use super::session::Session;
use super::text::{counted, labelled};

pub(crate) fn menu(session: &Session, args: &args::Menu) -> Outcome {
    match args {
        args::Menu::Check(file) => check(session, file),
        args::Menu::Graph { job, dot } => draw(session, job, *dot),
        args::Menu::Compile { job, output } => messages(session, job, output.as_deref()),
    }
}

fn checked(session: &Session, file: &args::JobFile) -> Outcome<(Checked, Plan)> {
    let checked = session.job(&file.job, &session.plugins(), &file.set)?;
    let plan = Plan::new(&checked.job).map_err(|problems| {
        let texts: Vec<String> = problems.iter().map(ToString::to_string).collect();
        Fault::bug(format!("a checked menu has no plan: {}", texts.join("; ")))
    })?;
    Ok((checked, plan))
}

fn check(session: &Session, file: &args::JobFile) -> Outcome {
    let (checked, plan) = checked(session, file)?;
    let job = &checked.job;
    let partitions: Vec<&str> = plan.leaves.iter().map(|leaf| leaf.partition.as_str()).collect();
    if session.json() {
        return session.answer(json!({
            "ok": true,
            "job": job.name,
            "inputs": job.input.files.iter().map(|file| file.to_string_lossy()).collect::<Vec<_>>(),
            "steps": plan.steps.len(),
            "partitions": partitions,
            "warnings": checked.warnings.to_json(),
        }));
    }
    let mut out = labelled("ok", &file.job.display().to_string(), session.width);
    out += &labelled("job", &job.name, session.width);
    out += &labelled("inputs", &counted(job.input.files.len() as u64, "file"), session.width);
    out += &labelled("steps", &plan.steps.len().to_string(), session.width);
    out += &labelled("parts", &partitions.join(", "), session.width);
    session.print(&out)
}

fn draw(session: &Session, file: &args::JobFile, dot: bool) -> Outcome {
    let (Checked { job, warnings }, plan) = checked(session, file)?;
    if !session.json() {
        return session.print(&if dot { graph::dot(&job, &plan) } else { graph::text(&job, &plan) });
    }
    let chains = job.menu.chains.iter().map(|chain| {
        let nodes = chain.nodes.iter().map(|node| {
            json!({
                "name": node.name,
                "parents": node.parents.iter().map(ToString::to_string).collect::<Vec<_>>(),
                "algorithms": node.algorithms,
            })
        });
        json!({ "name": chain.name, "nodes": nodes.collect::<Vec<_>>() })
    });
    session.answer(json!({
        "reader": job.input.reader,
        "chains": chains.collect::<Vec<_>>(),
        "partitions": plan.leaves.iter().map(|leaf| leaf.partition.as_str()).collect::<Vec<_>>(),
        "dot": graph::dot(&job, &plan),
        "warnings": warnings.to_json(),
    }))
}

fn messages(session: &Session, file: &args::JobFile, output: Option<&Path>) -> Outcome {
    let (Checked { job, warnings }, _) = checked(session, file)?;
    let (menu, config) = compile(&job);
    if let Some(folder) = output {
        fs::create_dir_all(folder).map_err(|error| Fault::io(folder, error))?;
        for (name, bytes) in [("menu.pb", menu.encode_to_vec()), ("config.pb", config.encode_to_vec())] {
            let path = folder.join(name);
            fs::write(&path, bytes).map_err(|error| Fault::io(&path, error))?;
        }
    }
    // A store in memory knows how to show what it holds.
    let catalog = Catalog::create(Arc::new(MemoryStore::new()), "compile")?;
    let show = |id: &artemis_host::store::ContentId| -> Outcome<Value> { Ok(catalog.show(&id.to_string())?) };
    let (menu, config) = (catalog.put_menu(&menu)?.id, catalog.put_config(&config)?.id);
    let mut object = json!({ "menu": show(&menu)?, "config": show(&config)? });
    if session.json() {
        object["warnings"] = warnings.to_json();
        object["written"] = output.map_or(Value::Null, |folder| folder.to_string_lossy().into());
        return session.answer(object);
    }
    match output {
        None => session.print(&format!("{object:#}\n")),
        Some(_) if session.quiet() => Ok(()),
        Some(folder) => {
            let files = format!("menu.pb and config.pb in {}", folder.display());
            session.print(&labelled("written", &files, session.width))
        }
    }
}
