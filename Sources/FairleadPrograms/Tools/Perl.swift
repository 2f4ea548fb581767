import FairleadContainers
import FairleadModel

/// perl, as far as the Job of the tutorial needs it: `perl -Mbignum=bpi -wle 'print bpi(2000)'`.
struct Perl: Program {
    /// Beyond this, working it out would be felt.
    private static let maximumDigits = 5000

    func run(_ process: Process) async -> ExitStatus {
        let arguments = process.arguments1
        if arguments.contains("-v") {
            await process.print("\nThis is perl 5, version 34, subversion 3 (v5.34.3) built for x86_64-linux-gnu")
            return .success
        }
        guard arguments.contains(where: { $0.hasPrefix("-Mbignum") }), let script = arguments.last,
            let count = Self.digits(of: script)
        else { return await UnreadScript(language: "perl").run(process) }
        guard count <= Self.maximumDigits else {
            await process.complain(
                "perl: this container is simulated and works out at most \(Self.maximumDigits) digits")
            return .failure
        }
        // The real one takes some seconds.
        guard await process.sleep(for: .seconds(3)) else { return .killed }
        await process.print(Pi.text(significantDigits: count))
        return .success
    }

    /// The number in `print bpi(2000)`.
    private static func digits(of script: String) -> Int? {
        guard let mark = script.firstRange(of: "bpi(") else { return nil }
        let number = script[mark.upperBound...].prefix { $0.isNumber }
        guard let count = Int(number), count > 0 else { return nil }
        return count
    }
}
