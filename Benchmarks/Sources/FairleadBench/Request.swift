import NIOCore

/// A request in wire format.
enum Request {
    static func make(
        _ method: String, _ path: String, to target: Target, contentType: String = "application/json",
        accept: String = "application/json", body: String? = nil
    ) -> ByteBuffer {
        var head = "\(method) \(path) HTTP/1.1\r\nHost: \(target.authority)\r\nUser-Agent: fairlead-bench\r\n"
        head += "Accept: \(accept)\r\n"
        if let body { head += "Content-Type: \(contentType)\r\nContent-Length: \(body.utf8.count)\r\n" }
        return ByteBuffer(string: head + "\r\n" + (body ?? ""))
    }
}

/// The objects that the benchmarks create.
enum Bodies {
    static let namespace = "bench"

    static func namespaceObject() -> String {
        #"{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"\#(namespace)"}}"#
    }

    static func node(_ name: String) -> String {
        #"{"apiVersion":"v1","kind":"Node","metadata":{"name":"\#(name)"}}"#
    }

    /// About 1 KB.
    static func configMap(_ name: String) -> String {
        let data = String(repeating: "0123456789abcdef", count: 60)
        return #"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"\#(name)"},"data":{"k":"\#(data)"}}"#
    }

    static func service(_ name: String) -> String {
        #"{"apiVersion":"v1","kind":"Service","metadata":{"name":"\#(name)"},"spec":{"selector":{"app":"\#(name)"},"#
            + #""ports":[{"name":"http","port":80,"targetPort":8080}]}}"#
    }

    /// JSON is valid YAML; client libraries apply it in this form.
    static func deployment(_ name: String) -> String {
        #"{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"\#(name)","labels":{"app":"\#(name)"}},"#
            + #""spec":{"replicas":2,"selector":{"matchLabels":{"app":"\#(name)"}},"template":{"metadata":{"labels":"#
            + #"{"app":"\#(name)"}},"spec":{"containers":[{"name":"web","image":"nginx:1.27","ports":["#
            + #"{"name":"http","containerPort":80}],"env":[{"name":"A","value":"1"}],"readinessProbe":{"httpGet":"#
            + #"{"path":"/","port":"http"}},"resources":{"requests":{"cpu":"100m","memory":"64Mi"}}}]}}}}"#
    }

    static func pod(_ name: String, app: String, node: String) -> String {
        #"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"\#(name)","labels":{"app":"\#(app)"}},"spec":{"#
            + #""nodeName":"\#(node)","containers":[{"name":"c","image":"i","ports":[{"containerPort":8080}]}]}}"#
    }

    /// A merge patch of pods/status.
    static func podStatus(address: String, isReady: Bool) -> String {
        #"{"status":{"phase":"Running","podIP":"\#(address)","podIPs":[{"ip":"\#(address)"}],"#
            + #""conditions":[{"type":"Ready","status":"\#(isReady ? "True" : "False")"}]}}"#
    }
}
