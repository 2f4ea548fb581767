/// An image name in the container runtime's form: with registry, repository and tag.
struct ImageReference: Hashable {
    /// `docker.io/library/nginx:1.14.2`.
    let canonical: String
    /// `docker.io/library/nginx@sha256:…`, derived from the name.
    let digest: String

    init(_ image: String) {
        var name = image
        let parts = image.split(separator: "/", omittingEmptySubsequences: false)
        let first = parts.first.map(String.init) ?? ""
        let isRegistry = parts.count > 1 && (first.contains(".") || first.contains(":") || first == "localhost")
        if !isRegistry { name = parts.count > 1 ? "docker.io/\(image)" : "docker.io/library/\(image)" }
        let last = name.split(separator: "/").last.map(String.init) ?? name
        if !last.contains(":") && !last.contains("@") { name += ":latest" }
        canonical = name
        let tagless = last.contains(":") ? name.lastIndex(of: ":").map { String(name[..<$0]) } ?? name : name
        let repository = tagless.split(separator: "@").first.map(String.init) ?? tagless
        digest = "\(repository)@sha256:\(StableIdentifier.hex(of: canonical, count: 64))"
    }
}
