/// Certificates for tests, valid until 2126. Made with openssl: an authority, and what it signed.
///
/// Keys: `openssl ecparam -name prime256v1 -genkey -noout`, then `openssl pkcs8 -topk8 -nocrypt`. Authorities:
/// `openssl req -x509 -new -sha256 -days 36500`; the rest: `openssl x509 -req -CA … -days 36500 -extfile …`. The keys open
/// nothing but these tests.
enum Certificates {
    /// Signed the others below.
    static let authority = """
        -----BEGIN CERTIFICATE-----
        MIIBrDCCAVGgAwIBAgIUfkPLe4EePTnWL0cAK573lY1j0IIwCgYIKoZIzj0EAwIw
        IjEgMB4GA1UEAwwXRmFpcmxlYWQgdGVzdCBhdXRob3JpdHkwIBcNMjYxMTMwMDYy
        ODEzWhgPMjEyNjExMDYwNjI4MTNaMCIxIDAeBgNVBAMMF0ZhaXJsZWFkIHRlc3Qg
        YXV0aG9yaXR5MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEMMjTDVoad3eRgpKf
        HPGzEK51Aw57BwEAkmfe//sr4GOrkgDsA/I5IjENq4afl0MInlXs+/AV9R6fZAKb
        3GMc5KNjMGEwHQYDVR0OBBYEFOwxm45NBM5XP0hHtkh0P0zH+Vz1MB8GA1UdIwQY
        MBaAFOwxm45NBM5XP0hHtkh0P0zH+Vz1MA8GA1UdEwEB/wQFMAMBAf8wDgYDVR0P
        AQH/BAQDAgIEMAoGCCqGSM49BAMCA0kAMEYCIQDf/lmbMX9SI7WXlUbhaZewfdqR
        GgpNB6D7/GwutUvtvQIhAOOchmaAKqWfM1sBOYoDcE6HFS0/UhZhHzwsMD6PBP+t
        -----END CERTIFICATE-----

        """
    /// Another authority, which signed nothing here.
    static let stranger = """
        -----BEGIN CERTIFICATE-----
        MIIBjzCCATWgAwIBAgIUY77QmB2zJEfkOatx7+RTTAibBHQwCgYIKoZIzj0EAwIw
        HDEaMBgGA1UEAwwRQW5vdGhlciBhdXRob3JpdHkwIBcNMjYxMTMwMDYyODEzWhgP
        MjEyNjExMDYwNjI4MTNaMBwxGjAYBgNVBAMMEUFub3RoZXIgYXV0aG9yaXR5MFkw
        EwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEE1HYygDk7y5fK5vyb0LzvxmJy29g95ch
        4gA4UO0EUGHNUtJKncYV3u6bhDJO96d0A5Ku+larSLlZyduHKa4vlKNTMFEwHQYD
        VR0OBBYEFPB8RoOPQBMFurGCZa+vwZwTu66gMB8GA1UdIwQYMBaAFPB8RoOPQBMF
        urGCZa+vwZwTu66gMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIg
        NBiS8XK685NHO46uDkctmcYFFh1GJsGUcU377GQJYdECIQDmG9+yMGrJrVHqQDrp
        57PVPL7lWGHCh3PLzmFqtmzZgA==
        -----END CERTIFICATE-----

        """
    /// For 127.0.0.1 and api.fairlead.test.
    static let server = """
        -----BEGIN CERTIFICATE-----
        MIIBuzCCAWCgAwIBAgIUKpf/JvibJQkSiyhGtiM2M6ycRSgwCgYIKoZIzj0EAwIw
        IjEgMB4GA1UEAwwXRmFpcmxlYWQgdGVzdCBhdXRob3JpdHkwIBcNMjYxMTMwMDYy
        ODE0WhgPMjEyNjExMDYwNjI4MTRaMBkxFzAVBgNVBAMMDmt1YmUtYXBpc2VydmVy
        MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEke8rga/htkWfGV10UqR4omEoefAg
        NYiH5Q08otOs9OekQhkxfBFsmtp2SbnYAfNqd3OQAElk1FTAzc4HbfPB0aN7MHkw
        IgYDVR0RBBswGYcEfwAAAYIRYXBpLmZhaXJsZWFkLnRlc3QwEwYDVR0lBAwwCgYI
        KwYBBQUHAwEwHQYDVR0OBBYEFL5qwCJX+W8BdYfUM2NEDM7Z2zciMB8GA1UdIwQY
        MBaAFOwxm45NBM5XP0hHtkh0P0zH+Vz1MAoGCCqGSM49BAMCA0kAMEYCIQC9YJjs
        Dr6Kt0bhyFDgmBz5F3vVuxN/sOue7vE26jYG7QIhAPa4dWOg439or49/Fn6O1Gst
        hr2iFwJCKPvb1Ez/kVbJ
        -----END CERTIFICATE-----

        """
    static let serverKey = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgFKJz2zG7baHubrrd
        aMuJp8JjPTb7Ijpo5cs+PZDkUD+hRANCAASR7yuBr+G2RZ8ZXXRSpHiiYSh58CA1
        iIflDTyi06z056RCGTF8EWya2nZJudgB82p3c5AASWTUVMDNzgdt88HR
        -----END PRIVATE KEY-----

        """
    /// For api.fairlead.test alone.
    static let named = """
        -----BEGIN CERTIFICATE-----
        MIIBtTCCAVqgAwIBAgIUKpf/JvibJQkSiyhGtiM2M6ycRSkwCgYIKoZIzj0EAwIw
        IjEgMB4GA1UEAwwXRmFpcmxlYWQgdGVzdCBhdXRob3JpdHkwIBcNMjYxMTMwMDYy
        ODE0WhgPMjEyNjExMDYwNjI4MTRaMBkxFzAVBgNVBAMMDmt1YmUtYXBpc2VydmVy
        MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEt7fS30vERpsBtpHqkAgeTIi8ugO4
        e7AMhSX/Q/+8yv4VEMyWNZg40PwiVJO0WTuQwulnZDina2HKlBkGshwER6N1MHMw
        HAYDVR0RBBUwE4IRYXBpLmZhaXJsZWFkLnRlc3QwEwYDVR0lBAwwCgYIKwYBBQUH
        AwEwHQYDVR0OBBYEFKsakoWGdjRUixqoVL9+eJwPBYFDMB8GA1UdIwQYMBaAFOwx
        m45NBM5XP0hHtkh0P0zH+Vz1MAoGCCqGSM49BAMCA0kAMEYCIQCOUanqwnZLKIUA
        OcRWzHGbTi5vAq7ZGEc9+ZX3FKx6VAIhALfNlWHvE7khjeclPBfseaKFDVjXOycL
        DvV/ScQkYl0H
        -----END CERTIFICATE-----

        """
    static let namedKey = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgR3bECiTJ9pKePbxq
        JdWxj3DOI29S9ebs4DC7l6BKChChRANCAAS3t9LfS8RGmwG2keqQCB5MiLy6A7h7
        sAyFJf9D/7zK/hUQzJY1mDjQ/CJUk7RZO5DC6WdkOKdrYcqUGQayHARH
        -----END PRIVATE KEY-----

        """
    /// Of a client, CN=admin.
    static let client = """
        -----BEGIN CERTIFICATE-----
        MIIBpjCCAUygAwIBAgIUKpf/JvibJQkSiyhGtiM2M6ycRSowCgYIKoZIzj0EAwIw
        IjEgMB4GA1UEAwwXRmFpcmxlYWQgdGVzdCBhdXRob3JpdHkwIBcNMjYxMTMwMDYy
        ODE1WhgPMjEyNjExMDYwNjI4MTVaMCkxDjAMBgNVBAMMBWFkbWluMRcwFQYDVQQK
        DA5zeXN0ZW06bWFzdGVyczBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABGhFuI3R
        Rj7c69QnFJ7tn9eSrBuaiV/QJ5DWKPtWtc+OaWSkt6T5rYU0SoaCGlazoN4xgFeU
        FLJWqeQVWeVuxjajVzBVMBMGA1UdJQQMMAoGCCsGAQUFBwMCMB0GA1UdDgQWBBQk
        MjXvM+zSnRrhOzywVjdI1YM00DAfBgNVHSMEGDAWgBTsMZuOTQTOVz9IR7ZIdD9M
        x/lc9TAKBggqhkjOPQQDAgNIADBFAiA/ZlDlgX+CR6VGqNIC0a16Yiz7BXLogKza
        sYqtlMQPMQIhAPp0sjSNjRDgIz35QqKLAyMCuozqmrGIviPGvtaj/CXI
        -----END CERTIFICATE-----

        """
    static let clientKey = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgWlxDjq2dWeV5SBi1
        Nf89S33tK7yoMev2uUBdPTErwvOhRANCAARoRbiN0UY+3OvUJxSe7Z/Xkqwbmolf
        0CeQ1ij7VrXPjmlkpLek+a2FNEqGghpWs6DeMYBXlBSyVqnkFVnlbsY2
        -----END PRIVATE KEY-----

        """
}
