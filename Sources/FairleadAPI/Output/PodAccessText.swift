import FairleadContainers
import FairleadModel

/// Why a container cannot be talked to, in the words of kubelet and container runtime.
enum PodAccessText {
    /// What follows `Internal error occurred: `.
    static func of(_ error: PodAccessError, doing what: String, in name: ContainerName) -> String {
        switch error {
        case .notRunning(let why): "unable to upgrade connection: \(why)"
        case .notSimulated: "error dialing backend: no machine of this pod is simulated here"
        case .launch(let error):
            "error \(what): failed to exec in container: failed to start exec "
                + "\(id(of: name.podUID + name.container).goQuoted): OCI runtime exec failed: exec failed: "
                + "unable to start container process: \(text(of: error)): unknown"
        }
    }

    private static func text(of error: LaunchError) -> String {
        switch error {
        case .notFound(let name) where name.contains("/"):
            "exec: \(name.goQuoted): stat \(name): no such file or directory"
        case .notFound(let name): "exec: \(name.goQuoted): executable file not found in $PATH"
        case .notExecutable(let name): "exec: \(name.goQuoted): permission denied"
        case .notUnderstood(let why): why
        }
    }

    /// A name as container runtimes give them: 64 digits.
    static func id(of text: String) -> String {
        SHA256.hash(Array(text.utf8)).map { byte in
            let digits = String(byte, radix: 16)
            return digits.count < 2 ? "0" + digits : digits
        }.joined()
    }
}
