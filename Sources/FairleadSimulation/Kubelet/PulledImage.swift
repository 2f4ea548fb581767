import FairleadPrograms

/// An image as the container runtime reports it.
struct PulledImage: Hashable {
    /// `docker.io/library/nginx:1.14.2`.
    let canonical: String
    private let repository: String
    /// `docker.io/library/nginx@sha256:…`, derived from the name.
    var digest: String { "\(repository)@sha256:\(StableIdentifier.hex(of: canonical, count: 64))" }

    init(_ image: String) {
        // What is no reference is never pulled, and shown as it is written.
        let reference = try? ImageReference(image)
        canonical = reference?.description ?? image
        repository = reference.map { "\($0.domain)/\($0.path)" } ?? image
    }
}
