package import FairleadContainers

/// Permission bits as `ls` writes them and `chmod` reads them.
package enum FileModes {
    /// `-rwxr-xr-x`
    package static func text(_ status: FileStatus) -> String {
        let kind: Character =
            switch status.kind {
            case .file: "-"
            case .directory: "d"
            case .link: "l"
            case .device: "c"
            }
        return String(kind) + permissions(status.mode)
    }

    static func permissions(_ mode: UInt16) -> String {
        let letters = Array("rwxrwxrwx")
        var text = (0..<9).map { mode & (0o400 >> UInt16($0)) != 0 ? letters[$0] : "-" }
        if mode & 0o4000 != 0 { text[2] = text[2] == "x" ? "s" : "S" }
        if mode & 0o2000 != 0 { text[5] = text[5] == "x" ? "s" : "S" }
        if mode & 0o1000 != 0 { text[8] = text[8] == "x" ? "t" : "T" }
        return String(text)
    }

    /// What `chmod` makes of a mode: `755`, `u+x,go-w`, `a=rX`; nil if it says nothing.
    package static func changed(_ mode: UInt16, _ text: String, isDirectory: Bool, umask: UInt16) -> UInt16? {
        if let first = text.utf8.first, first >= 48, first <= 57 {
            return UInt16(text, radix: 8).flatMap { $0 <= 0o7777 ? $0 : nil }
        }
        var mode = mode
        for clause in text.split(separator: ",") {
            var rest = clause[...]
            var who: UInt16 = 0
            while let letter = rest.first, let mask = ["u": 0o4700, "g": 0o2070, "o": 0o1007, "a": 0o7777][letter] {
                who |= UInt16(mask)
                rest.removeFirst()
            }
            let mask = who == 0 ? ~umask & 0o7777 : who
            guard let first = rest.first, "+-=".contains(first) else { return nil }
            while let sign = rest.popFirst() {
                guard "+-=".contains(sign) else { return nil }
                var bits: UInt16 = 0
                while let letter = rest.first, !"+-=".contains(letter) {
                    switch letter {
                    case "r": bits |= 0o444
                    case "w": bits |= 0o222
                    case "x": bits |= 0o111
                    case "X": if isDirectory || mode & 0o111 != 0 { bits |= 0o111 }
                    case "s": bits |= 0o6000
                    case "t": bits |= 0o1000
                    case "u": bits |= (mode >> 6 & 7) * 0o111
                    case "g": bits |= (mode >> 3 & 7) * 0o111
                    case "o": bits |= (mode & 7) * 0o111
                    default: return nil
                    }
                    rest.removeFirst()
                }
                bits &= letterMask(bits, mask)
                switch sign {
                case "+": mode |= bits
                case "-": mode &= ~bits
                default: mode = mode & ~(mask & 0o777) | bits
                }
            }
        }
        return mode
    }

    /// The sticky bit belongs to everybody.
    private static func letterMask(_ bits: UInt16, _ mask: UInt16) -> UInt16 { mask | bits & 0o1000 }
}
