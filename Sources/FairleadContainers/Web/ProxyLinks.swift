/// Makes links to absolute paths of a program lead through the proxy.
///
/// Reference: k8s.io/apimachinery `util/proxy` (transport), which attributes hold links.
package struct ProxyLinks {
    /// The path of the proxy subresource, without a slash at its end.
    private let prefix: String
    /// Of the program, with its port: a link that names it is one of its own.
    private let host: String

    package init(prefix: String, host: String) {
        self.prefix = prefix
        self.host = host
    }

    private static let attributes: [String: Set<String>] = [
        "a": ["href"], "applet": ["codebase"], "area": ["href"], "audio": ["src"], "base": ["href"],
        "blockquote": ["cite"], "body": ["background"], "button": ["formaction"], "command": ["icon"],
        "del": ["cite"], "embed": ["src"], "form": ["action"], "frame": ["longdesc", "src"], "head": ["profile"],
        "html": ["manifest"], "iframe": ["longdesc", "src"], "img": ["longdesc", "src", "usemap"],
        "input": ["src", "formaction", "usemap"], "ins": ["cite"], "link": ["href"],
        "object": ["classid", "codebase", "data", "usemap"], "q": ["cite"], "script": ["src"], "source": ["src"],
        "video": ["poster", "src"],
    ]
    /// Elements whose content is text, whatever it looks like.
    private static let plain: Set<String> = ["script", "style", "textarea", "title"]

    /// A link, rewritten if it leads to an absolute path of the program.
    package func rewritten(_ link: String) -> String {
        var path = link[...]
        for scheme in ["http://", "https://"] where link.lowercased().hasPrefix(scheme) {
            path = link.dropFirst(scheme.count)
            guard !host.isEmpty, path.hasPrefix(host) else { return link }
            path = path.dropFirst(host.count)
        }
        guard path.hasPrefix("/"), !path.hasPrefix("//"), !path.hasPrefix(prefix) else { return link }
        return prefix + path
    }

    /// A page with its links rewritten; everything else stays byte for byte.
    package func rewritten(html: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(html.count)
        var place = 0
        while let open = html[place...].firstIndex(of: UInt8(ascii: "<")) {
            result += html[place..<open]
            place = open
            if html[open...].starts(with: "<!--".utf8) {
                let end = Self.end(of: "-->", in: html, from: open + 4)
                result += html[place..<end]
                place = end
                continue
            }
            let name = Self.word(html, from: open + 1)
            guard !name.isEmpty else {
                result.append(html[open])
                place = open + 1
                continue
            }
            let tag = String(decoding: html[name], as: UTF8.self).lowercased()
            result += html[open..<name.upperBound]
            place = attributes(of: tag, html, from: name.upperBound, into: &result)
            if Self.plain.contains(tag) {
                let end = Self.start(of: "</" + tag, in: html, from: place)
                result += html[place..<end]
                place = end
            }
        }
        return result + html[place...]
    }

    /// Copies the attributes up to the end of the tag.
    private func attributes(of tag: String, _ html: [UInt8], from start: Int, into result: inout [UInt8]) -> Int {
        let links = Self.attributes[tag] ?? []
        var place = start
        while place < html.count, html[place] != UInt8(ascii: ">") {
            let name = Self.word(html, from: place)
            guard !name.isEmpty else {
                result.append(html[place])
                place += 1
                continue
            }
            result += html[name]
            place = name.upperBound
            var value = place
            while value < html.count, Self.isBlank(html[value]) { value += 1 }
            guard value < html.count, html[value] == UInt8(ascii: "=") else { continue }
            value += 1
            while value < html.count, Self.isBlank(html[value]) { value += 1 }
            let quote = value < html.count && [UInt8(ascii: "\""), UInt8(ascii: "'")].contains(html[value])
            let first = quote ? value + 1 : value
            var end = first
            while end < html.count,
                quote ? html[end] != html[value] : !Self.isBlank(html[end]) && html[end] != UInt8(ascii: ">")
            { end += 1 }
            result += html[place..<first]
            let isLink = links.contains(String(decoding: html[name], as: UTF8.self).lowercased())
            let text = html[first..<end]
            result += isLink ? Array(rewritten(String(decoding: text, as: UTF8.self)).utf8) : Array(text)
            place = end
            if quote, place < html.count {
                result.append(html[place])
                place += 1
            }
        }
        return place
    }

    /// The letters and digits from a place on; empty if there are none.
    private static func word(_ html: [UInt8], from start: Int) -> Range<Int> {
        var end = start
        while end < html.count {
            switch html[end] {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: ":"):
                end += 1
            default: return start..<end
            }
        }
        return start..<end
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

    /// Where a text begins, in whatever case; the end if it does not occur.
    private static func start(of text: String, in html: [UInt8], from start: Int) -> Int {
        let wanted = Array(text.utf8)
        var place = start
        while place + wanted.count <= html.count {
            let isHere = zip(wanted, html[place...]).allSatisfy { $0 == ($1 | ((65...90).contains($1) ? 0x20 : 0)) }
            if isHere { return place }
            place += 1
        }
        return html.count
    }

    private static func end(of text: String, in html: [UInt8], from start: Int) -> Int {
        min(html.count, Self.start(of: text, in: html, from: min(start, html.count)) + text.utf8.count)
    }
}
