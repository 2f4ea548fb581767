"""Run by kopf_operator.py: handlers of the custom resource Greeting."""
import kopf


@kopf.on.startup()
def configure(settings, **_):
    settings.watching.server_timeout = 30


@kopf.on.create("clients.fairlead.dev", "v1", "greetings")
def greet(spec, **_):
    return {"said": " ".join(["hello " + spec["whom"]] * spec["times"])}


@kopf.on.update("clients.fairlead.dev", "v1", "greetings", field="spec")
def regreet(spec, **_):
    return {"said": " ".join(["hello " + spec["whom"]] * spec["times"])}


@kopf.on.delete("clients.fairlead.dev", "v1", "greetings")
def gone(logger, **_):
    logger.info("good-bye")
