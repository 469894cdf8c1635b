//! An algorithm that tells its secret wherever it can: `leaks`.

use crate::pass_on;
use arrow::datatypes::SchemaRef;
use artemis_plugin_api::{
    Algorithm, Axis, Component, Context, Error, Histogram, Input, Level, Properties, Property, Result,
};

/// The algorithm `leaks`.
pub struct Leaks {
    token: String,
    when: String,
}

impl Component for Leaks {
    const NAME: &'static str = "leaks";
    const DOC: &'static str = "Logs, counts, annotates and reports its secret.";
    const PROPERTIES: &'static [Property] = &[
        Property::string("token").secret().required().doc("what must not be told"),
        Property::string("when")
            .default("never")
            .choices(&["never", "configure", "execute", "panic"])
            .doc("where it fails with the secret in its error"),
        Property::string("label").aliases(&["tag"]).doc("taken and not used"),
        Property::string("old").deprecated("use `label`").doc("taken and not used"),
        Property::bool("flag", false).doc("taken and not used"),
        Property::int("count").range(1, 10).doc("taken and not used"),
        Property::float("share").range(0, 1).doc("taken and not used"),
        Property::list("names").doc("taken and not used"),
        Property::table("map").doc("taken and not used"),
        Property::path("file").doc("taken and not used"),
        Property::duration("wait").default("250 ms").range(0, 60).doc("taken and not used"),
        Property::bytes("room").default("4 KiB").range(1, 1 << 20).doc("taken and not used"),
    ];

    fn configure(properties: &Properties<'_>, context: &Context<'_>) -> Result<Self> {
        let token = properties.string("token")?.unwrap_or_default();
        let when = properties.string("when")?.unwrap_or_default();
        context.log(Level::Warn, &format!("configured with {token}"));
        if when == "configure" {
            return Err(Error::invalid(format!("no server takes {token:?}")).in_column(token));
        }
        Ok(Self { token, when })
    }
}

impl Algorithm for Leaks {
    type Instance = ();
    type Partial = ();

    fn initialize(&mut self, _: &Context<'_>, inputs: &[SchemaRef]) -> Result<Vec<SchemaRef>> {
        Ok(inputs[..1].to_vec())
    }

    fn book(&mut self, context: &Context<'_>) -> Result<()> {
        context.book_timer(&format!("timer {}", self.token))?;
        context.book_histogram(&Histogram {
            name: "secret".into(),
            title: format!("title {}", self.token),
            axis_name: self.token.clone(),
            axis: Axis::Fixed { bins: 1, lower: 0.0, upper: 1.0 },
        })?;
        Ok(())
    }

    fn instance(&self, _: &Context<'_>) -> Result<()> {
        Ok(())
    }

    fn partial(&self) {}

    fn execute(&self, context: &Context<'_>, _: &mut (), _: &mut (), inputs: Vec<Input>) -> Result<()> {
        let token = &self.token;
        context.log(Level::Error, &format!("line with {token}\nand {token:?}"));
        context.annotate("token", &format!("it is {token}"));
        context.annotate(token, "under its own name");
        context.count(&format!("calls with {token}"), 1);
        match self.when.as_str() {
            "execute" if !context.is_sample() => Err(Error::new(format!("cannot log in with {token}"))),
            "panic" if !context.is_sample() => panic!("panicked with {token}"),
            _ => pass_on(context, inputs),
        }
    }
}
