import FairleadContainers

/// Admission webhooks for tests.
struct WebhookCommand: AgnhostCommand {
    static let name = "webhook"

    static var options: CommandFlags.Known {
        var known = CommandFlags.Known()
        known.values = ["tls-cert-file": "", "tls-private-key-file": "", "port": "443", "sidecar-image": ""]
        known.numbers = ["port"]
        return known
    }

    func run(_ process: Process, _ flags: CommandFlags) async -> ExitStatus {
        let image = flags.text("sidecar-image")
        return await ReviewServer.run(process, flags) { request in
            await AdmissionHooks(process: process, sidecarImage: image).respond(to: request)
        }
    }
}
