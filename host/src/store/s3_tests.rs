//! S3 over a network that loses answers, and files that go up in parts.

use std::{
    fs,
    io::{self, BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};

use super::*;
use crate::catalog::{Catalog, ObjectKind};

/// Passes requests on to the server, and loses the answer to every so many conditional creates.
struct Lossy {
    address: String,
    lost: Arc<AtomicUsize>,
}

impl Lossy {
    fn before(server: &str, every: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let server = server.trim_start_matches("http://").to_owned();
        let (lost, seen) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let count = Arc::clone(&lost);
        // Ends with the process, as the server does.
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let (server, seen, lost) = (server.clone(), Arc::clone(&seen), Arc::clone(&count));
                // A connection that breaks is what this is about.
                thread::spawn(move || {
                    pass(client, &server, |head| {
                        let conditional =
                            head.starts_with("PUT") && head.to_lowercase().contains("if-none-match");
                        let loses = conditional && seen.fetch_add(1, Ordering::SeqCst) % every == 0;
                        lost.fetch_add(usize::from(loses), Ordering::SeqCst);
                        loses
                    })
                });
            }
        });
        Self { address, lost }
    }
}

/// One request and its answer, on a connection of their own.
fn pass(client: TcpStream, server: &str, loses: impl Fn(&str) -> bool) -> io::Result<()> {
    let mut reader = BufReader::new(client.try_clone()?);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head)? == 0 {
            return Ok(());
        }
    }
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
    });
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body)?;
    let mut upstream = TcpStream::connect(server)?;
    let closing = head.replacen("\r\n", "\r\nConnection: close\r\n", 1);
    upstream.write_all(closing.as_bytes())?;
    upstream.write_all(&body)?;
    let mut answer = Vec::new();
    upstream.read_to_end(&mut answer)?;
    if !loses(&head) {
        (&client).write_all(&answer)?;
    }
    client.shutdown(std::net::Shutdown::Both)
}

fn store(settings: AmazonS3Builder) -> ObjectStorage {
    let prefix = uuid::Uuid::now_v7().to_string();
    let url = format!("s3://{}/{prefix}", s3_server::BUCKET);
    ObjectStorage::over(s3::clients(settings).unwrap(), &prefix, url, None, false).unwrap()
}

fn lossy(every: usize) -> Option<(Lossy, ObjectStorage)> {
    let settings = s3_server::settings()?;
    let server = settings.get_config_value(&AmazonS3ConfigKey::Endpoint).unwrap();
    let network = Lossy::before(&server, every);
    let store = store(settings.with_endpoint(&network.address));
    Some((network, store))
}

#[test]
fn a_create_whose_answer_was_lost_recognises_itself() {
    let Some((network, store)) = lossy(2) else { return };
    for number in 0..6_u8 {
        let key = format!("log/{number}");
        assert_eq!(store.create(&key, &[number]).unwrap(), Created::New, "{key}");
        assert_eq!(store.create(&key, b"other").unwrap(), Created::Exists, "{key}");
        assert_eq!(store.get(&key).unwrap(), [number]);
    }
    assert!(network.lost.load(Ordering::SeqCst) >= 3, "no answer was lost");
}

#[test]
fn commits_over_a_network_that_loses_answers_are_there_once() {
    let Some((network, store)) = lossy(3) else { return };
    let store: Arc<dyn Store> = Arc::new(store);
    let catalog = Catalog::create(Arc::clone(&store), "test").unwrap();
    for number in 0..8 {
        let name = format!("object {number}");
        let object = catalog.put(ObjectKind::Log, &name, name.as_bytes()).unwrap();
        catalog.register(&[object]).unwrap();
    }
    let objects = Catalog::open(Arc::clone(&store)).unwrap().objects().unwrap();
    let names: Vec<&str> = objects.iter().map(|object| object.name.as_str()).collect();
    assert_eq!(names, (0..8).map(|number| format!("object {number}")).collect::<Vec<_>>());
    assert_eq!(store.list("log").unwrap().len(), 9);
    assert!(network.lost.load(Ordering::SeqCst) >= 4, "no answer was lost");
}

#[test]
fn a_large_file_goes_up_in_parts_and_is_read_back_whole() {
    let Some(settings) = s3_server::settings() else { return };
    let store = store(settings);
    let bytes: Vec<u8> = (0..20_000_000_u32).map(|i| (i % 251) as u8).collect();
    let staged = store.staging_file("job", "part-0").unwrap();
    fs::write(&staged, &bytes).unwrap();
    store.publish(&staged, "data/part-0").unwrap();
    assert!(!staged.exists());
    assert_eq!(store.size("data/part-0").unwrap(), Some(bytes.len() as u64));
    assert!(store.get("data/part-0").unwrap() == bytes);
    assert_eq!(store.get_range("data/part-0", 9_999_999..10_000_005).unwrap(), bytes[9_999_999..10_000_005]);
    fs::write(&staged, b"other").unwrap();
    assert!(matches!(store.publish(&staged, "data/part-0"), Err(StoreError::Exists { .. })));
    fs::write(&staged, &bytes).unwrap();
    assert!(matches!(store.publish(&staged, "data/part-0"), Err(StoreError::Exists { .. })));
    store.clear_staging("job").unwrap();
}
