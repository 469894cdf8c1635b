//! The clients of an S3-compatible storage.

use std::{sync::Arc, time::Duration};

use object_store::{
    BackoffConfig, ClientOptions, ObjectStore, RetryConfig,
    aws::{AmazonS3Builder, AmazonS3ConfigKey},
    client::{HttpClient, HttpConnector},
};

/// A server that accepts no connection within this time is not there.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// A server that sends nothing for this time is gone.
const SILENCE_TIMEOUT: Duration = Duration::from_secs(60);
/// How often a request is sent again that may be sent twice.
const RETRIES: usize = 6;
/// The longest wait between two of them: a storage that is not there is reported within seconds.
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// A client that retries, and one of the same bucket that never does.
pub(super) struct Clients {
    pub(super) retrying: Arc<dyn ObjectStore>,
    pub(super) once: Arc<dyn ObjectStore>,
}

/// The clients of a bucket, with the settings of the environment.
///
/// # Errors
/// Settings that cannot be used.
pub(super) fn clients_of(bucket: &str) -> object_store::Result<Clients> {
    clients(AmazonS3Builder::from_env().with_bucket_name(bucket))
}

/// The clients of a bucket with these settings.
///
/// # Errors
/// Settings that cannot be used.
pub(super) fn clients(settings: AmazonS3Builder) -> object_store::Result<Clients> {
    let endpoint = settings.get_config_value(&AmazonS3ConfigKey::Endpoint);
    let connector = Connector::to(endpoint.as_deref());
    let client = |retries| -> object_store::Result<Arc<dyn ObjectStore>> {
        let backoff = BackoffConfig { max_backoff: LONGEST_WAIT, ..BackoffConfig::default() };
        let retry = RetryConfig { max_retries: retries, backoff, ..RetryConfig::default() };
        let client = settings
            .clone()
            // One request deletes one key: the request for many is missing in some storages.
            .with_disable_bulk_delete(true)
            .with_retry(retry)
            .with_http_connector(connector.clone())
            .build()?;
        Ok(Arc::new(client))
    };
    Ok(Clients { retrying: client(RETRIES)?, once: client(0)? })
}

/// Makes HTTP clients. The crate's own would look for certificates and proxies where there is no TLS.
#[derive(Debug, Clone)]
struct Connector {
    /// The endpoint has no TLS and may be used so.
    plain: bool,
    /// The endpoint is on this machine: no proxy leads to it.
    here: bool,
}

impl Connector {
    fn to(endpoint: Option<&str>) -> Self {
        let here = endpoint.is_some_and(is_here);
        let allowed = std::env::var("AWS_ALLOW_HTTP").is_ok_and(|set| set.eq_ignore_ascii_case("true"));
        let plain = endpoint.is_some_and(|url| url.starts_with("http://")) && (here || allowed);
        Self { plain, here }
    }
}

impl HttpConnector for Connector {
    fn connect(&self, _options: &ClientOptions) -> object_store::Result<HttpClient> {
        let failed = |error: Box<dyn std::error::Error + Send + Sync>| object_store::Error::Generic {
            store: "S3",
            source: error,
        };
        let mut roots = rustls::RootCertStore::empty();
        if !self.plain {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
        let tls =
            rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
                .with_safe_default_protocol_versions()
                .map_err(|e| failed(Box::new(e)))?
                .with_root_certificates(roots)
                .with_no_client_auth();
        let mut client = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .https_only(!self.plain)
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(SILENCE_TIMEOUT);
        if self.here {
            client = client.no_proxy();
        }
        Ok(HttpClient::new(client.build().map_err(|e| failed(Box::new(e)))?))
    }
}

/// Whether a URL's host is this machine.
fn is_here(url: &str) -> bool {
    let authority = url.split_once("://").map_or(url, |(_, rest)| rest);
    let host = authority.split('/').next().unwrap_or_default();
    let host = match host.strip_prefix('[') {
        Some(bracketed) => bracketed.split(']').next().unwrap_or_default(),
        None => host.rsplit_once(':').map_or(host, |(host, _)| host),
    };
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_endpoints_of_this_machine_go_without_tls() {
        for url in ["http://127.0.0.1:5000", "http://localhost", "http://[::1]:9000/x", "http://127.8.0.1"] {
            assert!(Connector::to(Some(url)).plain, "{url}");
        }
        for url in [
            "http://example.com",
            "http://127.0.0.1.example.com:80",
            "http://localhost@example.com",
            "http://10.0.0.1",
            "https://127.0.0.1",
        ] {
            assert!(!Connector::to(Some(url)).plain, "{url}");
        }
        assert!(!Connector::to(None).plain);
    }
}
