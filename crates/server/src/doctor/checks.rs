//! Every check, by the name that scripts know it by.

/// What going live requires, and the machine that it runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Area {
    /// The merchant's account at WeChat Pay.
    MerchantAccount,
    /// Keys and certificates of its API.
    ApiCredentials,
    /// Where WeChat tells of payments.
    CallbackUrl,
    /// The mini program, its secret, and its binding to the merchant.
    AppidBinding,
    /// Certificates on the way here.
    Https,
    /// Everything that is not WeChat's.
    ThisMachine,
}

impl Area {
    /// In the order of the report.
    pub const ALL: [Self; 6] = [
        Self::MerchantAccount,
        Self::ApiCredentials,
        Self::CallbackUrl,
        Self::AppidBinding,
        Self::Https,
        Self::ThisMachine,
    ];

    /// As a heading.
    #[must_use]
    pub const fn heading(self) -> &'static str {
        match self {
            Self::MerchantAccount => "Merchant account",
            Self::ApiCredentials => "API credentials",
            Self::CallbackUrl => "Callback URL",
            Self::AppidBinding => "App id binding",
            Self::Https => "HTTPS",
            Self::ThisMachine => "This machine",
        }
    }
}

macro_rules! checks {
    ($($name:ident, $id:literal, $area:ident, $looks_at:literal;)*) => {
        /// One check. The documentation (docs/operations.md) has a row for each.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[allow(missing_docs)] // `looks_at` says it.
        pub enum Check { $($name,)* }

        impl Check {
            /// In the order of the report.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// Its stable name.
            #[must_use]
            pub const fn id(self) -> &'static str {
                match self { $(Self::$name => $id,)* }
            }

            /// Which of the things that going live requires it is about.
            #[must_use]
            pub const fn area(self) -> Area {
                match self { $(Self::$name => Area::$area,)* }
            }

            /// What it looks at.
            #[must_use]
            pub const fn looks_at(self) -> &'static str {
                match self { $(Self::$name => $looks_at,)* }
            }
        }
    };
}

checks! {
    Mchid, "mchid", MerchantAccount, "`merchant.mchid` (and `sub_mchid`) has the form of a merchant number: 8 to 10 digits";
    MerchantKnown, "merchant.known", MerchantAccount, "WeChat Pay answers a signed question of this merchant, and does not say that the account is closed or lacks the permission";

    PrivateKey, "private_key", ApiCredentials, "`private_key_file` is an RSA key of 2048 bits or more";
    Certificate, "certificate", ApiCredentials, "`certificate_file` is a certificate, good now and for another 30 days";
    CertificateKey, "certificate.key", ApiCredentials, "the certificate is the private key's";
    CertificateSerial, "certificate.serial", ApiCredentials, "`serial` is the certificate's";
    ApiV3Key, "api_v3_key", ApiCredentials, "`api_v3_key` is 32 bytes long";
    ApiV3KeyOpens, "api_v3_key.opens", ApiCredentials, "`api_v3_key` opens what WeChat encrypts: its list of platform certificates, or a notification in the books";
    ApiV2Key, "api_v2_key", ApiCredentials, "`api_v2_key` is 32 characters long";
    WechatPublicKey, "wechatpay.public_key", ApiCredentials, "`public_key_file` is a public key, and `public_key_id` has the form of its id";
    WechatCertificates, "wechatpay.certificates", ApiCredentials, "platform certificates in the files are good now and for another 30 days; newer ones the server fetches by itself";
    CredentialsV3, "credentials.v3", ApiCredentials, "WeChat accepts the signature: asked about an order that cannot exist, it says so";
    CredentialsV2, "credentials.v2", ApiCredentials, "the same in version 2";
    WechatSignature, "wechatpay.signature", ApiCredentials, "WeChat's answer verifies with the configured key";

    NotifyUrl, "notify_url", CallbackUrl, "`notify_base_url` keeps WeChat's rules: https, a public host name, no query, at most 255 characters with the routes";
    CallbackAnswers, "callback.answers", CallbackUrl, "asked through its public address, this server answers, and its notification route is reached";

    Appid, "appid", AppidBinding, "`merchant.appid` (and `sub_appid`) has the form of a mini program's number: wx and 16 hex digits";
    AppSecret, "app_secret", AppidBinding, "`merchant.app_secret` has the form of a secret: 32 hex digits";
    Login, "login", AppidBinding, "WeChat's login accepts app id and secret: it refuses a made up code, and nothing else";
    AppidBound, "appid.bound", AppidBinding, "WeChat gave a prepay_id to this merchant for this mini program before; a question without an order cannot show it";

    HttpsCallback, "https.callback", Https, "the certificate behind the callback URL is trusted, and good for another 30 days";
    HttpsOwn, "https.own", Https, "the certificate in `[tls]`, if there is one, is good for another 30 days";
    Exposure, "exposure", Https, "nobody else can read plain HTTP on the port";

    Configuration, "configuration", ThisMachine, "the file can be read, and every other setting can be used";
    Files, "files", ThisMachine, "files with secrets are readable by their owner alone";
    Clock, "clock", ThisMachine, "the clock is at most 60 s from WeChat's; beyond 300 s signatures are refused";
    GatewayHosts, "gateway.hosts", ThisMachine, "each of `api_base_urls` answers";
    GatewayLogin, "gateway.login", ThisMachine, "`login_base_url` answers";
    GatewayReal, "gateway.real", ThisMachine, "WeChat's hosts are WeChat's, and not a stand-in on this machine";
    Database, "database", ThisMachine, "the database opens, can be written to, and is private to this user";
    DatabasePlace, "database.place", ThisMachine, "a SQLite file lies on a local disk";
    DatabaseLayout, "database.layout", ThisMachine, "the database is laid out for this version";
    Catalogue, "catalogue", ThisMachine, "prices come from somewhere, are at least one fen, and none is listed twice";
    OrderTokens, "order_tokens", ThisMachine, "the keys of `[order_tokens]` are 64 hex digits";
    SessionKeys, "session.keys", ThisMachine, "the keys of `[session]` are 64 hex digits";
    Admin, "admin", ThisMachine, "`[admin]`, if it is there, is out of others' reach, and its token is none that anybody guesses";
    Webhook, "webhook", ThisMachine, "`[webhook]`, if it is there, has an address that nobody can read along with, and secrets of full length";
    Bills, "bills", ThisMachine, "the books are compared with WeChat's bill every day";
    Shipping, "shipping", ThisMachine, "`[shipping] upload` was decided: without it payment can be restricted for many mini programs";
}

impl Check {
    /// The check that a mistake in this setting belongs to.
    pub(super) fn of_setting(setting: &str) -> Self {
        let last = setting.rsplit('.').next().unwrap_or(setting);
        match setting {
            "listen" => return Self::Exposure,
            "database" => return Self::Database,
            "notify_base_url" => return Self::NotifyUrl,
            "order_tokens.keys" => return Self::OrderTokens,
            "session.keys" => return Self::SessionKeys,
            "wechatpay.api_base_urls" => return Self::GatewayHosts,
            "wechatpay.login_base_url" => return Self::GatewayLogin,
            _ if setting.starts_with("tls") => return Self::HttpsOwn,
            _ if setting.starts_with("catalogue") => return Self::Catalogue,
            _ if setting.starts_with("admin") => return Self::Admin,
            _ if setting.starts_with("webhook") => return Self::Webhook,
            _ if setting.starts_with("shipping") => return Self::Shipping,
            _ => {}
        }
        match last {
            "mchid" | "sub_mchid" => Self::Mchid,
            "appid" | "sub_appid" => Self::Appid,
            "app_secret" => Self::AppSecret,
            "private_key_file" => Self::PrivateKey,
            "serial" => Self::CertificateSerial,
            "certificate_file" => Self::Certificate,
            "api_v3_key" => Self::ApiV3Key,
            "api_v2_key" => Self::ApiV2Key,
            "public_key_id" | "public_key_file" => Self::WechatPublicKey,
            "platform_certificate_files" => Self::WechatCertificates,
            _ => Self::Configuration,
        }
    }
}
