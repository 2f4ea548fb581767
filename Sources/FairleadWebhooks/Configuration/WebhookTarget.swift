package import FairleadModel

/// Where a webhook is (`clientConfig`).
package struct WebhookTarget: Sendable, Hashable {
    package enum Place: Sendable, Hashable {
        case url(String)
        case service(namespace: String, name: String, path: String, port: Int)
    }

    package let place: Place
    /// PEM; nil for the authorities that the machine trusts.
    package let authorities: [UInt8]?

    package init(clientConfig: Value) {
        let bundle = clientConfig["caBundle"]?.string ?? ""
        authorities = bundle.isEmpty ? nil : Base64.decode(bundle)
        if let service = clientConfig["service"], service.object != nil {
            place = .service(
                namespace: service["namespace"]?.string ?? "", name: service["name"]?.string ?? "",
                path: service["path"]?.string ?? "", port: Int(clamping: service["port"]?.int ?? 443))
        } else {
            place = .url(clientConfig["url"]?.string ?? "")
        }
    }

    /// Looked up for each call: certificates differ in their ends, so that much is enough.
    package func hash(into hasher: inout Hasher) {
        hasher.combine(place)
        hasher.combine(authorities?.suffix(64))
    }

    /// The name that the certificate is for, and that calls in messages go to; nil for a URL.
    package var serverName: String? {
        guard case .service(let namespace, let name, _, _) = place else { return nil }
        return "\(name).\(namespace).svc"
    }

    /// The URL as it stands in messages, with the time that the webhook has.
    func url(timeoutSeconds: Int) -> String {
        let base: String
        let path: String
        switch place {
        case .url(let text):
            // The path begins at the first slash after the host.
            let start = text.range(of: "://")?.upperBound ?? text.startIndex
            let slash = text[start...].firstIndex(of: "/") ?? text.endIndex
            (base, path) = (String(text[..<slash]), String(text[slash...]))
        case .service(_, _, let servicePath, let port):
            (base, path) = ("https://\(serverName ?? ""):\(port)", servicePath)
        }
        return base + Self.cleaned(path) + "?timeout=\(timeoutSeconds)s"
    }

    /// Go's `path.Join("/", path)`.
    private static func cleaned(_ path: String) -> String {
        var steps: [Substring] = []
        for step in path.split(separator: "/") where step != "." {
            if step == ".." { _ = steps.popLast() } else { steps.append(step) }
        }
        return "/" + steps.joined(separator: "/")
    }
}

extension String {
    /// Where a text occurs first.
    fileprivate func range(of text: String) -> Range<Index>? { firstRange(of: text) }
}
