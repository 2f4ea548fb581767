import FairleadIdentity
import FairleadModel
import Logging

/// The cluster's certificate authority, its keys for tokens, and the users with fixed tokens.
struct ClusterIdentity: Sendable {
    let authority: CertificateAuthority
    let tokens: TokenAuthority
    let file: TokenFile?

    /// Reads or makes it, elsewhere than on the caller's thread.
    static func load(
        _ configuration: ServerConfiguration, environment: Environment, logger: Logger
    ) async -> Result<ClusterIdentity, StartupError> {
        do throws(StartupError) {
            return .success(try ClusterIdentity(configuration, environment: environment, logger: logger))
        } catch {
            return .failure(error)
        }
    }

    /// Reads what is beside the database, and makes what is missing.
    /// - Throws: if a file cannot be read, or others can read it.
    init(_ configuration: ServerConfiguration, environment: Environment, logger: Logger) throws(StartupError) {
        do throws(IdentityError) {
            let folder = configuration.keyFolder
            // Certificates are compared with the machine's clock, by everybody.
            authority = try CertificateAuthority.open(in: folder, at: Environment.live.now())
            let options = configuration.identity
            let keys = try TokenKeys.open(
                in: folder, signingFile: options.signingKeyFile, keyFiles: options.keyFiles,
                failure: { logger.error("no token can be issued", metadata: ["error": "\($0)"]) })
            tokens = TokenAuthority(
                issuers: options.issuers(clusterDomain: configuration.clusterDomain), audiences: options.audiences,
                keys: keys, now: environment.now)
            file = try options.tokenFile.map { path throws(IdentityError) in try TokenFile.read(path) }
        } catch {
            throw StartupError(error.description)
        }
        for warning in file?.warnings ?? [] { logger.warning("\(warning)") }
    }
}

extension ServerConfiguration {
    /// Where keys are kept: beside the database; nowhere if that is in memory.
    var keyFolder: KeyFolder? {
        switch data {
        case .memory: nil
        case .file(let path): KeyFolder(besides: path)
        }
    }
}
