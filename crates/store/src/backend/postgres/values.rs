//! Values and failures on their way between the driver and the seam.

use crate::backend::{Cells, Param};
use crate::error::{Result, StoreError};
use std::error::Error;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, private::BytesMut, to_sql_checked};

/// A bound value that can wait.
#[derive(Debug)]
pub(super) enum Value {
    Null,
    Int(i64),
    Text(String),
    Blob(Vec<u8>),
}

impl From<&Param<'_>> for Value {
    fn from(param: &Param<'_>) -> Self {
        match param {
            Param::Null => Value::Null,
            Param::Int(value) => Value::Int(*value),
            Param::Text(value) => Value::Text((*value).to_owned()),
            Param::Blob(value) => Value::Blob((*value).to_owned()),
        }
    }
}

impl ToSql for Value {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Encoded {
        match self {
            Value::Null => Param::Null,
            Value::Int(value) => Param::Int(*value),
            Value::Text(value) => Param::Text(value),
            Value::Blob(value) => Param::Blob(value),
        }
        .to_sql(ty, out)
    }
    fn accepts(_: &Type) -> bool {
        true
    }
    to_sql_checked!();
}

type Encoded = Result<IsNull, Box<dyn Error + Sync + Send>>;

impl ToSql for Param<'_> {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Encoded {
        match self {
            Param::Null => Ok(IsNull::Yes),
            Param::Int(value) => match *ty {
                Type::INT2 => i16::try_from(*value)?.to_sql(ty, out),
                Type::INT4 => i32::try_from(*value)?.to_sql(ty, out),
                _ => value.to_sql(&Type::INT8, out),
            },
            Param::Text(value) => value.to_sql(&Type::TEXT, out),
            Param::Blob(value) => value.to_sql(&Type::BYTEA, out),
        }
    }
    fn accepts(_: &Type) -> bool {
        true
    }
    to_sql_checked!();
}

/// A whole number of any width.
struct Int(i64);

impl<'a> FromSql<'a> for Int {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(match *ty {
            Type::INT2 => i16::from_sql(ty, raw)?.into(),
            Type::INT4 => i32::from_sql(ty, raw)?.into(),
            _ => i64::from_sql(ty, raw)?,
        }))
    }
    fn accepts(ty: &Type) -> bool {
        matches!(*ty, Type::INT2 | Type::INT4 | Type::INT8)
    }
}

impl Cells for tokio_postgres::Row {
    fn int(&self, column: usize) -> Result<Option<i64>> {
        Ok(self.try_get::<_, Option<Int>>(column)?.map(|int| int.0))
    }
    fn text(&self, column: usize) -> Result<Option<String>> {
        Ok(self.try_get(column)?)
    }
    fn blob(&self, column: usize) -> Result<Option<Vec<u8>>> {
        Ok(self.try_get(column)?)
    }
}

/// After these the session is of no use: the server goes down, or has become a standby.
pub(super) fn ends_connection(code: &SqlState) -> bool {
    code.code().starts_with("57P")
        || code.code().starts_with("08")
        || *code == SqlState::READ_ONLY_SQL_TRANSACTION
}

impl From<tokio_postgres::Error> for StoreError {
    fn from(error: tokio_postgres::Error) -> Self {
        let Some(told) = error.as_db_error() else {
            let what = match error.source() {
                Some(cause) => format!("{error}: {cause}"),
                None => error.to_string(),
            };
            return if error.is_closed()
                || what.contains("connect")
                || what.contains("timeout")
                || what.contains("communicating")
            {
                Self::Unavailable { what }
            } else {
                Self::corrupt(what)
            };
        };
        // The server's sentences can repeat values; the code and the names of table and constraint cannot.
        let code = told.code();
        let place = told.constraint().or(told.table()).unwrap_or_default();
        let what = format!("SQLSTATE {} {place}", code.code());
        match code.code() {
            "53100" => Self::DiskFull,
            "XX001" | "XX002" => Self::corrupt(what),
            other if other.starts_with("22") || other.starts_with("23") => Self::invalid(what),
            _ => Self::Unavailable { what },
        }
    }
}
