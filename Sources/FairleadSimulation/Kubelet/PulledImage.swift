import FairleadPrograms

/// An image as the container runtime reports it.
struct PulledImage: Hashable {
    /// `docker.io/library/nginx:1.14.2`.
    let canonical: String
    /// `docker.io/library/nginx@sha256:…`, derived from the name.
    let digest: String

    private static let known = Memo<String, PulledImage>()

    init(_ image: String) { self = Self.known.answer(image) { PulledImage(named: image) } }

    private init(named image: String) {
        // What is no reference is never pulled, and shown as it is written.
        let reference = try? ImageReference(image)
        canonical = reference?.description ?? image
        let repository = reference.map { "\($0.domain)/\($0.path)" } ?? image
        digest = "\(repository)@sha256:\(StableIdentifier.hex(of: canonical, count: 64))"
    }
}
