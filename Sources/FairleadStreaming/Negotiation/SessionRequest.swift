/// The headers of a request that wants to leave HTTP.
package struct SessionRequest: Sendable {
    private let headers: [(name: String, value: String)]

    package init(headers: [(name: String, value: String)]) { self.headers = headers }

    /// The comma-separated values of all headers of a name, given in lower case.
    func values(_ name: String) -> [String] {
        headers.filter { $0.name.lowercased() == name }.flatMap { header in
            header.value.split(separator: ",").map { value in
                let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" }
                var text = value.drop(while: isBlank)
                while let last = text.last, isBlank(last) { text.removeLast() }
                return String(text)
            }
        }
    }

    /// Whether the client asks for any other protocol.
    package var isUpgrade: Bool { values("connection").contains { $0.lowercased() == "upgrade" } }

    package var isWebSocket: Bool { isUpgrade && values("upgrade").contains { $0.lowercased() == "websocket" } }

    var isSPDY: Bool { isUpgrade && values("upgrade").contains { $0.lowercased() == "spdy/3.1" } }
}
