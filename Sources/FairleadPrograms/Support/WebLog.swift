import FairleadContainers
import FairleadModel

/// The lines that web servers write for each request.
enum WebLog {
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// `29/Nov/2026:03:00:00 +0000`.
    static func date(_ time: Timestamp) -> String {
        let text = time.rfc3339
        let month = Int(text.dropFirst(5).prefix(2)) ?? 1
        let day = "\(text.dropFirst(8).prefix(2))/\(months[(month + 11) % 12])/\(text.prefix(4))"
        return "\(day):\(text.dropFirst(11).prefix(8)) +0000"
    }

    /// The common format: what Apache writes.
    static func common(_ request: WebRequest, _ response: WebResponse, _ time: Timestamp) -> String {
        let address = request.peer?.address.description ?? "-"
        let size = request.method == "HEAD" || response.body.isEmpty ? "-" : String(response.body.count)
        return
            "\(address) - - [\(date(time))] \"\(request.method) \(request.target) HTTP/1.1\" \(response.status) \(size)"
    }

    /// With the referrer and the user agent, and for nginx's images the address before a proxy.
    static func combined(
        _ request: WebRequest, _ response: WebResponse, _ time: Timestamp, showsForwarded: Bool = false
    ) -> String {
        var line = common(request, response, time)
        if line.hasSuffix(" -") { line = line.dropLast() + "0" }
        line += " \"\(request.header("referer") ?? "-")\" \"\(request.header("user-agent") ?? "-")\""
        return showsForwarded ? line + " \"\(request.header("x-forwarded-for") ?? "-")\"" : line
    }
}
