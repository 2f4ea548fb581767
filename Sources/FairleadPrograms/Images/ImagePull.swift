import FairleadModel

/// Why a kubelet gets no image.
package struct PullFailure: Error, Hashable, Sendable {
    /// What `state.waiting.reason` says: `ErrImagePull`, `InvalidImageName`, `ErrImageNeverPull`.
    package var reason: String
    /// What `state.waiting.message` says.
    package var message: String
    /// The reason and the message of the event that says it first.
    package var event: (reason: String, message: String) { (eventReason, eventMessage) }
    /// Whether another attempt makes sense; the container waits with `ImagePullBackOff` between them.
    package var isRetried: Bool
    private var eventReason: String
    private var eventMessage: String

    init(reason: String, message: String, eventReason: String, eventMessage: String, isRetried: Bool = false) {
        self.reason = reason
        self.message = message
        self.eventReason = eventReason
        self.eventMessage = eventMessage
        self.isRetried = isRetried
    }

    /// `state.waiting.message` between two attempts.
    package func backOffMessage(image: String) -> String {
        "Back-off pulling image \(image.goQuoted): ErrImagePull: \(message)"
    }
}

/// Which images the simulated registries have: all but those that look as if they were not to be had.
///
/// An image cannot be pulled if the name of its registry begins with `invalid.` or `no-such`, if its name has
/// `no-such-` or `does-not-exist` in it, if its tag is `404` or has `nonexistent`, `non-existent`, `no-such` or
/// `does-not-exist` in it or is one that a tutorial gets wrong on purpose, if its registry wants a password
/// (`k8s-authenticated-test`), or if it is on a list.
package enum ImagePull {
    /// - Parameters:
    ///   - denied: patterns of images that are not there, as `matches` reads them.
    ///   - hasCredentials: whether the pod brings a password for the registry.
    /// - Returns: nil if the image can be pulled.
    package static func failure(
        of image: String, denied: [String] = [], hasCredentials: Bool = false
    ) -> PullFailure? {
        let reference: ImageReference
        do throws(ImageReference.Malformed) {
            reference = try ImageReference(image)
        } catch {
            let message =
                "Failed to apply default image tag \(image.goQuoted): couldn't parse image name "
                + "\(image.goQuoted): \(error.message)"
            return PullFailure(
                reason: "InvalidImageName", message: message, eventReason: "InspectFailed", eventMessage: message)
        }
        let full = reference.description
        if reference.domain.hasPrefix("invalid.") || reference.domain.hasPrefix("no-such") {
            return pullFailure(
                image, "Unknown",
                "failed to pull and unpack image \(full.goQuoted): failed to resolve reference \(full.goQuoted): "
                    + "failed to do request: Head \(manifest(reference).goQuoted): dial tcp: lookup "
                    + "\(host(reference)): no such host"
            )
        }
        if reference.path.hasPrefix("k8s-authenticated-test/") || reference.path.contains("/k8s-authenticated-test/"),
            !hasCredentials
        {
            return pullFailure(
                image, "Unknown",
                "failed to pull and unpack image \(full.goQuoted): failed to resolve reference \(full.goQuoted): "
                    + "failed to authorize: failed to fetch anonymous token: unexpected status from GET request to "
                    + "https://\(host(reference))/v2/token: 403 Forbidden")
        }
        if isMissingRepository(reference) {
            if reference.domain == "docker.io" {
                return pullFailure(
                    image, "Unknown",
                    "failed to pull and unpack image \(full.goQuoted): failed to resolve reference \(full.goQuoted): "
                        + "pull access denied, repository does not exist or may require authorization: server message: "
                        + "insufficient_scope: authorization failed")
            }
            return notFound(image, full)
        }
        if isMissingTag(reference.tag ?? "") || isTutorialMistake(reference)
            || denied.contains(where: { matches($0, image, reference) })
        {
            return notFound(image, full)
        }
        return nil
    }

    /// For `imagePullPolicy: Never` and an image that is not on the node.
    package static func neverPulled(_ image: String) -> PullFailure {
        let message = "Container image \(image.goQuoted) is not present with pull policy of Never"
        return PullFailure(
            reason: "ErrImageNeverPull", message: message, eventReason: "ErrImageNeverPull", eventMessage: message)
    }

    private static func notFound(_ image: String, _ full: String) -> PullFailure {
        pullFailure(
            image, "NotFound",
            "failed to pull and unpack image \(full.goQuoted): failed to resolve reference \(full.goQuoted): "
                + "\(full): not found"
        )
    }

    private static func pullFailure(_ image: String, _ code: String, _ description: String) -> PullFailure {
        let error = "rpc error: code = \(code) desc = \(description)"
        return PullFailure(
            reason: "ErrImagePull", message: error, eventReason: "Failed",
            eventMessage: "Failed to pull image \(image.goQuoted): \(error)", isRetried: true)
    }

    private static func isMissingTag(_ tag: String) -> Bool {
        tag == "404" || ["nonexistent", "non-existent", "no-such", "does-not-exist"].contains(where: tag.contains)
    }

    /// Tags that the official tutorials name so that a rollout hangs: nginx's image `1.161`, the Basics' `v10`.
    private static func isTutorialMistake(_ reference: ImageReference) -> Bool {
        guard let tag = reference.tag else { return false }
        switch reference.name {
        case "kubernetes-bootcamp": return !["v1", "v2", "latest"].contains(tag)
        case "nginx":
            let numbers = tag.prefix { $0.isNumber || $0 == "." }.split(separator: ".")
            return numbers.count >= 2 && numbers[1].utf8.count > 2
        default: return false
        }
    }

    private static func isMissingRepository(_ reference: ImageReference) -> Bool {
        ["no-such-", "does-not-exist", "nonexistent", "non-existent"].contains(where: reference.path.contains)
    }

    private static func host(_ reference: ImageReference) -> String {
        reference.domain == "docker.io" ? "registry-1.docker.io" : reference.domain
    }

    private static func manifest(_ reference: ImageReference) -> String {
        "https://\(host(reference))/v2/\(reference.path)/manifests/\(reference.digest ?? reference.tag ?? "latest")"
    }

    /// Whether a pattern of a list names an image: with `*` for any text; as written in the container, complete, or as
    /// Docker writes its own; a pattern without a tag means all of them.
    static func matches(_ pattern: String, _ image: String, _ reference: ImageReference) -> Bool {
        var names = ["\(reference.domain)/\(reference.path)"]
        if reference.domain == "docker.io" {
            let isOfficial = reference.path.hasPrefix("library/")
            names.append(isOfficial ? String(reference.path.dropFirst(8)) : reference.path)
        }
        let tagged = names.map { "\($0):\(reference.tag ?? "latest")" }
        return ([image, reference.description] + names + tagged).contains { Wildcard.matches(pattern, $0) }
    }
}
