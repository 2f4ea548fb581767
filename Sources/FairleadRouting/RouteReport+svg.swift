import FairleadModel

extension RouteReport {
    /// A drawing of the source, the node that decides, the Service and its endpoints, with the chosen path in colour.
    /// At most twelve endpoints are drawn, including the chosen one.
    package var svg: String {
        var drawing = Drawing()
        let shown = shownCandidates
        let height = max(3, shown.count + (candidates.count > shown.count ? 1 : 0)) * 56 + 40
        let middle = height / 2
        let isDelivered = if case .delivered = decision.outcome { true } else { false }
        drawing.box(20, middle, decision.packet.source.text, decision.source?.description ?? "", isOnPath: true)
        if let node = decision.node {
            drawing.arrow(200, middle, 240, middle, isOnPath: true)
            drawing.box(240, middle, "Node \(node)", decision.destination?.description ?? "", isOnPath: true)
        }
        if let port = decision.servicePort {
            drawing.arrow(420, middle, 460, middle, isOnPath: true)
            drawing.box(460, middle, "Service \(port.service)", decision.access?.rawValue ?? "", isOnPath: true)
        }
        for (row, candidate) in shown.enumerated() {
            let y = 48 + row * 56
            drawing.arrow(640, middle, 700, y, isOnPath: candidate.isChosen && isDelivered)
            drawing.box(
                700, y, candidate.pod.isEmpty ? candidate.endpoint : candidate.pod,
                "\(candidate.endpoint)  \(candidate.text)", isOnPath: candidate.isChosen && isDelivered, width: 300)
        }
        if candidates.count > shown.count {
            drawing.text(700, 48 + shown.count * 56, "and \(candidates.count - shown.count) more")
        }
        drawing.text(20, height + 10, steps.last?.text ?? "")
        return drawing.document(width: 1020, height: height + 30)
    }

    private var shownCandidates: [Candidate] {
        let most = 12
        guard candidates.count > most else { return candidates }
        var shown = Array(candidates.prefix(most))
        if !shown.contains(where: \.isChosen), let chosen = candidates.first(where: \.isChosen) {
            shown[most - 1] = chosen
        }
        return shown
    }
}

/// The boxes, arrows and labels of an SVG document.
private struct Drawing {
    private var parts: [String] = []

    mutating func box(_ x: Int, _ y: Int, _ title: String, _ below: String, isOnPath: Bool, width: Int = 180) {
        let colour = isOnPath ? "#1a7f37" : "#8c959f"
        parts.append(
            "<rect x=\"\(x)\" y=\"\(y - 22)\" width=\"\(width)\" height=\"44\" rx=\"6\" fill=\"#ffffff\" "
                + "stroke=\"\(colour)\" stroke-width=\"\(isOnPath ? 2 : 1)\"/>")
        let limit = width / 7
        text(x + 8, y - 4, Self.cut(title, limit), isBold: true)
        text(x + 8, y + 13, Self.cut(below, limit + 4), size: 11)
    }

    mutating func arrow(_ x: Int, _ y: Int, _ toX: Int, _ toY: Int, isOnPath: Bool) {
        let colour = isOnPath ? "#1a7f37" : "#d0d7de"
        parts.append(
            "<line x1=\"\(x)\" y1=\"\(y)\" x2=\"\(toX)\" y2=\"\(toY)\" stroke=\"\(colour)\" "
                + "stroke-width=\"\(isOnPath ? 2 : 1)\" marker-end=\"url(#\(isOnPath ? "on" : "off"))\"/>")
    }

    mutating func text(_ x: Int, _ y: Int, _ text: String, isBold: Bool = false, size: Int = 12) {
        let weight = isBold ? " font-weight=\"bold\"" : ""
        parts.append("<text x=\"\(x)\" y=\"\(y)\" font-size=\"\(size)\"\(weight)>\(Self.escaped(text))</text>")
    }

    func document(width: Int, height: Int) -> String {
        func head(_ id: String, _ colour: String) -> String {
            "<marker id=\"\(id)\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" "
                + "orient=\"auto\"><path d=\"M0 0L8 4L0 8z\" fill=\"\(colour)\"/></marker>"
        }
        return "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"\(width)\" height=\"\(height)\" "
            + "viewBox=\"0 0 \(width) \(height)\" font-family=\"sans-serif\" fill=\"#1f2328\">\n"
            + "<rect width=\"100%\" height=\"100%\" fill=\"#f6f8fa\"/>\n"
            + "<defs>\(head("on", "#1a7f37"))\(head("off", "#d0d7de"))</defs>\n" + parts.joined(separator: "\n")
            + "\n</svg>\n"
    }

    private static func cut(_ text: String, _ limit: Int) -> String {
        text.count > limit ? String(text.prefix(limit - 1)) + "…" : text
    }

    private static func escaped(_ text: String) -> String {
        var result = ""
        for character in text.unicodeScalars {
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            default: result.unicodeScalars.append(character)
            }
        }
        return result
    }
}
