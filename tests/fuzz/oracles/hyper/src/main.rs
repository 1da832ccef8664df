//! Rust's hyper as an oracle, on connections without a network; process_oracle.ts is the other end.

use std::convert::Infallible;
use std::io::{self, Read, Write};
use std::sync::{Arc, Mutex};

use http_body_util::{BodyExt, Empty};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::{json, Value};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

type Requests = Arc<Mutex<Vec<Value>>>;

fn latin1(bytes: &[u8]) -> String {
    bytes.iter().map(|&byte| byte as char).collect()
}

async fn serve(
    request: Request<Incoming>,
    requests: Requests,
) -> Result<Response<Empty<Bytes>>, Infallible> {
    let (head, mut body) = request.into_parts();
    let fields: Vec<String> = head
        .headers
        .iter()
        .flat_map(|(name, value)| [name.to_string(), latin1(value.as_bytes())])
        .collect();
    let place = {
        let mut list = requests.lock().unwrap();
        list.push(json!({
            "method": head.method.as_str(), "target": latin1(head.uri.to_string().as_bytes()),
            "fields": fields, "body": "", "complete": false,
        }));
        list.len() - 1
    };
    let mut text = String::new();
    let mut complete = true;
    while let Some(frame) = body.frame().await {
        match frame {
            Ok(frame) => {
                if let Some(data) = frame.data_ref() {
                    text.push_str(&latin1(data));
                }
            }
            Err(_) => {
                complete = false;
                break;
            }
        }
    }
    let mut list = requests.lock().unwrap();
    list[place]["body"] = json!(text);
    list[place]["complete"] = json!(complete);
    Ok(Response::new(Empty::new()))
}

async fn read(stream: Vec<u8>) -> Value {
    let requests: Requests = Arc::default();
    let (mut client, server) = tokio::io::duplex(1 << 20);
    client.write_all(&stream).await.unwrap();
    client.shutdown().await.unwrap();
    let own = requests.clone();
    let service = service_fn(move |request| serve(request, own.clone()));
    let connection = http1::Builder::new()
        .half_close(true)
        .header_read_timeout(None)
        .serve_connection(TokioIo::new(server), service);
    let drain = async {
        let mut answers = Vec::new();
        let _ = client.read_to_end(&mut answers).await;
    };
    let (ended, ()) = tokio::join!(connection, drain);
    let error = ended.err().map(|error| error.to_string());
    let requests = requests.lock().unwrap().clone();
    json!({ "requests": requests, "error": error })
}

fn number(from: &mut impl Read) -> io::Result<usize> {
    let mut bytes = [0; 4];
    from.read_exact(&mut bytes)?;
    Ok(u32::from_le_bytes(bytes) as usize)
}

fn main() -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let mut input = io::stdin().lock();
    let mut output = io::stdout().lock();
    while let Ok(count) = number(&mut input) {
        let mut readings = Vec::new();
        for _ in 0..count {
            let mut stream = vec![0; number(&mut input)?];
            input.read_exact(&mut stream)?;
            readings.push(runtime.block_on(read(stream)));
        }
        let answer = serde_json::to_vec(&readings)?;
        output.write_all(&(answer.len() as u32).to_le_bytes())?;
        output.write_all(&answer)?;
        output.flush()?;
    }
    Ok(())
}
