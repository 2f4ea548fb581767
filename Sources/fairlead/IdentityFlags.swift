import ArgumentParser
import FairleadServer

/// Flags about whom the server trusts, named as kube-apiserver's.
struct IdentityFlags: ParsableArguments {
    @Option(
        name: .long,
        help: ArgumentHelp(
            "A file with users and their tokens, a line for each: token,user,uid,\"group1,group2\".", valueName: "file")
    )
    var tokenAuthFile: String?

    @Option(
        name: .long, parsing: .singleValue,
        help: ArgumentHelp(
            "Who issues ServiceAccount tokens; the first one is in new tokens, all are accepted; may be repeated. "
                + "(default: https://kubernetes.default.svc.DOMAIN)", valueName: "url"))
    var serviceAccountIssuer: [String] = []

    @Option(
        name: .long, parsing: .singleValue,
        help: ArgumentHelp(
            "PEM files with more keys whose ServiceAccount tokens are accepted; may be repeated.", valueName: "file"))
    var serviceAccountKeyFile: [String] = []

    @Option(
        name: .long,
        help: ArgumentHelp(
            "A PEM file with the private key (RSA or ECDSA) that signs ServiceAccount tokens. (default: one of our own, "
                + "kept beside the data)", valueName: "file"))
    var serviceAccountSigningKeyFile: String?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Who the API server is in tokens, separated by commas. (default: the first issuer)", valueName: "list"))
    var apiAudiences: String?

    var options: IdentityOptions {
        var options = IdentityOptions()
        options.tokenFile = tokenAuthFile
        options.issuers = serviceAccountIssuer
        options.keyFiles = serviceAccountKeyFile
        options.signingKeyFile = serviceAccountSigningKeyFile
        options.audiences = apiAudiences?.split(separator: ",").map(String.init) ?? []
        return options
    }
}
