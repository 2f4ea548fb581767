import FairleadContainers
import FairleadModel

/// Checks a token of its service account as somebody outside of the cluster would.
struct IssuerDiscoveryCommand: AgnhostCommand {
    static let name = "test-service-account-issuer-discovery"
    let tokens: (any TokenVerifying)?

    static var options: CommandFlags.Known {
        var known = CommandFlags.Known()
        known.values = ["token-path": "", "audience": ""]
        known.booleans = ["in-cluster-discovery": false]
        return known
    }

    func run(_ process: Process, _ flags: CommandFlags) async -> ExitStatus {
        func fail(_ text: String) async -> ExitStatus {
            await process.goLog(text)
            return .failure
        }
        let path = flags.text("token-path")
        let token: String
        do throws(FileError) {
            token = String(decoding: try process.read(path), as: UTF8.self)
        } catch {
            return await fail("open \(path): \(error.description.lowercased())")
        }
        await process.goLog("OK: Got token")
        guard let issuer = Self.issuer(of: token) else { return await fail("failed to parse token: malformed jwt") }
        await process.goLog("OK: got issuer \(issuer)")
        guard let tokens else { return await fail("failed to get discovery document: nobody issues tokens here") }
        await process.goLog("OK: Constructed OIDC provider for issuer \(issuer)")
        do throws(TokenRefusal) {
            let subject = try await tokens.verify(token: token, issuer: issuer, audience: flags.text("audience"))
            await process.goLog("OK: Validated signature on JWT")
            await process.goLog("OK: Got valid claims from token!")
            await process.goLog("Full, validated claims: \nsubject \(subject)")
            return .success
        } catch {
            return await fail("failed to verify token: \(error.message)")
        }
    }

    /// The `iss` claim of a token, unchecked.
    static func issuer(of token: String) -> String? {
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, case .success(let bytes) = Base64URL.decode(String(parts[1])) else { return nil }
        // A token whose claims are no JSON has no issuer.
        return (try? JSON.parse(bytes))?.value["iss"]?.string
    }
}
